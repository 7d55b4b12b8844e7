from __future__ import annotations

from pathlib import Path

import pytest

from docmill.infra.workspace import Workspace
from docmill.schemas.errors import StoreError


def test_the_contract_names_of_a_workspace() -> None:
    workspace = Workspace()
    assert workspace.lake_root == "docmill-data/lake"
    assert workspace.warehouse == Path("docmill-data/warehouse.duckdb")
    assert workspace.published == Path("docmill-data/published.duckdb")


def test_creating_twice_keeps_what_is_there(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "a" / "b")
    workspace.create()
    (workspace.root / "x").write_text("kept")
    workspace.create()
    assert (workspace.root / "x").read_text() == "kept"


def test_a_workspace_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot create the workspace") as caught:
        Workspace(tmp_path / "file").create()
    assert "--workspace" in caught.value.hint
