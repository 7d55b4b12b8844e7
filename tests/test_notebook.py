"""docs/analysts.ipynb: a real notebook, whose cells run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from matplotlib import pyplot

from docmill.flows.cli import main

DOCUMENTS = ("invoices/de-office-supplies.pdf", "invoices/us-landscape-supply.pdf", "receipts")


@pytest.fixture(scope="module")
def notebook(repository: Path) -> dict[str, Any]:
    return json.loads((repository / "docs/analysts.ipynb").read_text(encoding="utf-8"))


def test_it_is_a_notebook_with_what_it_shows(notebook: dict[str, Any]) -> None:
    assert (notebook["nbformat"], notebook["metadata"]["kernelspec"]["name"]) == (4, "python3")
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    for cell in notebook["cells"]:
        assert cell["cell_type"] == "markdown" or cell["outputs"]
        assert all(it["output_type"] != "error" for it in cell.get("outputs", ()))


def test_it_has_one_plot(notebook: dict[str, Any]) -> None:
    shown = [it for cell in notebook["cells"] for it in cell.get("outputs", ())]
    assert sum("image/png" in it.get("data", ()) for it in shown) == 1


def test_its_cells_run(
    notebook: dict[str, Any],
    repository: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    sources = [str(repository / "sample_docs" / name) for name in DOCUMENTS]
    with pytest.raises(SystemExit) as ended:
        main(["run", *sources, "--quiet"])
    assert ended.value.code == 0
    pyplot.switch_backend("Agg")
    namespace: dict[str, Any] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), namespace)
            assert capsys.readouterr().out or pyplot.get_fignums()
    pyplot.close("all")
    namespace["connection"].close()
