"""`python -m sample_docs.generate [--out FOLDER] [--originals FOLDER]`: write the documents."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from sample_docs.generate.broken import CYRILLIC, broken_files
from sample_docs.generate.copies import Copied, copied
from sample_docs.generate.designs import SAMPLES
from sample_docs.generate.photos import PHOTOS
from sample_docs.generate.sample import made, places
from sample_docs.generate.scans import SCANS

HERE = Path(__file__).parent.parent


def main() -> None:
    """Write everything below the folder given, `sample_docs` by default."""
    parser = argparse.ArgumentParser(prog="python -m sample_docs.generate", description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to")
    parser.add_argument(
        "--originals", type=Path, help="folder for the clean pages behind scans and photographs"
    )
    arguments = parser.parse_args()
    copies = [copied(copy) for copy in (*SCANS, *PHOTOS)]
    cyrillic = copied(CYRILLIC)
    write_documents(arguments.out, copies)
    write_broken(arguments.out / "broken", cyrillic)
    if arguments.originals:
        write_originals(arguments.originals, [*copies, cyrillic])


def write_documents(folder: Path, copies: Iterable[Copied]) -> None:
    """Every document of the set, and their manifest."""
    documents = [*map(made, SAMPLES), *(copy.made for copy in copies)]
    for document in documents:
        _write(folder / document.path, document.content)
    _write_lines(folder / "manifest.jsonl", [document.entry for document in documents])


def write_broken(folder: Path, cyrillic: Copied) -> None:
    """Every broken file, and their manifest."""
    files = broken_files(cyrillic)
    for file in files:
        _write(folder / file.name, file.content)
    _write_lines(folder / "manifest.jsonl", [file.entry for file in files])


def write_originals(folder: Path, copies: Iterable[Copied]) -> None:
    """What each copy was made from: clean PDFs, places in them, and each page's move.

    A move is nine numbers, the projective map of points from the page to its picture.
    """
    lines: list[dict[str, object]] = []
    for copy in copies:
        for number, part in enumerate(copy.parts, 1):
            name = f"{copy.made.entry['id']}.{number}.pdf"
            _write(folder / name, part.original.pdf)
            moves = [move.ravel().tolist() for move in part.moves]
            head = {"id": copy.made.entry["id"], "part": number, "pdf": name, "moves": moves}
            lines.append({**head, **places(part.original.spots)})
    _write_lines(folder / "originals.jsonl", lines)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _write_lines(path: Path, entries: Iterable[Mapping[str, object]]) -> None:
    lines = (json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
    _write(path, "".join(lines).encode())


if __name__ == "__main__":
    main()
