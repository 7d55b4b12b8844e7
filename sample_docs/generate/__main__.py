"""`python -m sample_docs.generate [--out FOLDER]`: write documents and manifests."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

from sample_docs.generate.broken import BROKEN
from sample_docs.generate.designs import SAMPLES
from sample_docs.generate.sample import drawn

HERE = Path(__file__).parent.parent


def main() -> None:
    """Write everything below the folder given, `sample_docs` by default."""
    parser = argparse.ArgumentParser(prog="python -m sample_docs.generate", description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to")
    write_all(parser.parse_args().out)


def write_all(folder: Path) -> None:
    """Draw every sample and make every broken file, with a manifest beside each kind."""
    entries: list[dict[str, object]] = []
    for sample in SAMPLES:
        result = drawn(sample)
        _write(folder / sample.path, result.pdf)
        entries.append(result.entry)
    _write_lines(folder / "manifest.jsonl", entries)
    for file in BROKEN:
        _write(folder / "broken" / file.name, file.content())
    _write_lines(folder / "broken" / "manifest.jsonl", [file.entry for file in BROKEN])


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _write_lines(path: Path, entries: Iterable[dict[str, object]]) -> None:
    lines = (json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
    _write(path, "".join(lines).encode())


if __name__ == "__main__":
    main()
