"""Runs docs/analysts.ipynb anew and keeps what it shows: `python docs/make_notebook.py WORKSPACE`.

The workspace must hold a run over `sample_docs`. Cells run one after the other in one namespace,
in a folder where `docmill-data` is that workspace.
"""

# matplotlib's types are partly unknown.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matplotlib import pyplot

NOTEBOOK = Path(__file__).with_name("analysts.ipynb")


def main() -> None:
    """Writes the notebook with its new outputs."""
    workspace = Path(sys.argv[1]).resolve()
    notebook: dict[str, Any] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    namespace: dict[str, Any] = {}
    pyplot.switch_backend("Agg")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("docmill-data").symlink_to(workspace)
        code = (cell for cell in notebook["cells"] if cell["cell_type"] == "code")
        for number, cell in enumerate(code, start=1):
            cell["execution_count"] = number
            cell["outputs"] = list(outputs("".join(cell["source"]), namespace))
    text = json.dumps(notebook, indent=1, ensure_ascii=False)
    NOTEBOOK.write_text(f"{text}\n", encoding="utf-8")


def outputs(source: str, namespace: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a cell prints and draws, as notebooks keep it."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, str(NOTEBOOK), "exec"), namespace)
    if printed.getvalue():
        lines = printed.getvalue().splitlines(keepends=True)
        yield {"name": "stdout", "output_type": "stream", "text": lines}
    for number in pyplot.get_fignums():
        picture = io.BytesIO()
        pyplot.figure(number).savefig(picture, format="png", dpi=72)
        data = {"image/png": base64.b64encode(picture.getvalue()).decode()}
        yield {"data": data, "metadata": {}, "output_type": "display_data"}
    pyplot.close("all")


if __name__ == "__main__":
    main()
