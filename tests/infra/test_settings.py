from __future__ import annotations

from pathlib import Path

import pytest

from docmill.infra.settings import load_settings
from docmill.infra.settings_docs import with_table
from docmill.schemas.errors import UsageError

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_readme_lists_every_setting() -> None:
    text = README.read_text("utf-8")
    assert with_table(text) == text
    assert "limits.max_pages" in text


def test_the_strongest_source_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docmill.toml").write_text("[limits]\nmax_pages = 7\n[review]\nthreshold = 0.5\n")
    assert load_settings(workspace=tmp_path).limits.max_pages == 7
    monkeypatch.setenv("DOCMILL_LIMITS__MAX_PAGES", "8")
    settings = load_settings(workspace=tmp_path)
    assert (settings.limits.max_pages, settings.review.threshold) == (8, 0.5)
    monkeypatch.setenv("DOCMILL_WORKERS", "3")
    assert load_settings(workspace=tmp_path, workers=2).workers == 2


@pytest.mark.parametrize("content", ["[limits]\nmax_page = 7\n", "workers = 0\n", "not toml"])
def test_a_wrong_setting_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "docmill.toml").write_text(content)
    with pytest.raises(UsageError) as raised:
        load_settings(workspace=tmp_path)
    assert any(word in raised.value.message for word in ("max_page", "workers", "TOML"))
