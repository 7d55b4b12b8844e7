from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from docmill.infra.outputs.options import FilesOptions, WebhookOptions
from docmill.infra.settings import load_settings
from docmill.schemas.errors import UsageError

GOOD: dict[str, Any] = {"kind": "webhook", "url": "https://erp.example.org/hook", "secret_env": "S"}


def test_outputs_of_the_file_and_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docmill.toml").write_text(
        '[outputs.erp]\nkind = "webhook"\nurl = "https://erp.example.org/hook"\n'
        'secret_env = "ERP_SECRET"\nstatuses = ["done"]\n'
        '[outputs.beside]\nkind = "files"\n'
    )
    outputs = load_settings(workspace=tmp_path).outputs
    assert isinstance(outputs["erp"], WebhookOptions)
    assert isinstance(outputs["beside"], FilesOptions)
    assert [status.value for status in outputs["erp"].statuses] == ["done"]
    monkeypatch.setenv("DOCMILL_OUTPUTS__ERP__ATTEMPTS", "3")
    assert load_settings(workspace=tmp_path).outputs["erp"].attempts == 3


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({**GOOD, "url": "ftp://host/x"}, "ftp://"),
        ({**GOOD, "url": "erp.example.org"}, "not a URL"),
        ({**GOOD, "url": "https://"}, "not a URL"),
        ({**GOOD, "url": "https://me:secret@host/"}, "headers_env"),
        ({**GOOD, "headers_env": {"Webhook-Id": "A"}}, "Webhook-Id"),
        ({**GOOD, "headers_env": {"a b": "A"}}, "a b"),
        ({**GOOD, "since": "yesterday"}, "since"),
        ({**GOOD, "statuses": ["fine"]}, "statuses"),
        ({**GOOD, "secret_env": ""}, "secret_env"),
        ({**GOOD, "secret": "x"}, "secret"),
        ({"kind": "webhook", "url": "https://host/"}, "secret_env"),
        ({"kind": "files", "to": "gs://bucket"}, "gs://"),
        ({"kind": "files", "to": "s3://"}, "s3://"),
        ({"kind": "fax"}, "fax"),
    ],
)
def test_a_wrong_option_is_named(tmp_path: Path, options: dict[str, Any], word: str) -> None:
    with pytest.raises(UsageError) as raised:
        load_settings(workspace=tmp_path, outputs={"erp": options})
    assert word in raised.value.message


@pytest.mark.parametrize("name", ["a/b", "..", "", "ü", "-a", "a" * 64])
def test_a_name_is_a_part_of_keys(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        load_settings(workspace=tmp_path, outputs={name: GOOD})


def test_the_docs_name_every_option(repository: Path) -> None:
    text = (repository / "docs" / "outputs.md").read_text("utf-8")
    for name in {*WebhookOptions.model_fields, *FilesOptions.model_fields}:
        assert f"`{name}`" in text
