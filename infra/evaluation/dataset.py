"""An evaluation set: a folder with `manifest.jsonl`, one line per document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from docmill.schemas.errors import UsageError

MANIFEST = "manifest.jsonl"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Example:
    """A document with its truth.

    `file` need not exist. `record` is the manifest's line as it stands, `ground_truth` the
    content of the file that its `gt_path` names (empty where there is none).
    """

    id: str
    path: str
    file: Path
    doc_type: str
    stratum: str
    language: str
    fields: Mapping[str, Any]
    record: Mapping[str, Any]
    ground_truth: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Dataset:
    """A folder of documents with truth; `name` is the folder's."""

    name: str
    examples: tuple[Example, ...]

    def chosen(self, doc_types: Sequence[str] = (), limit: int | None = None) -> Dataset:
        """Only these document types (all, if none is named), and of them the first `limit`.

        Raises:
            UsageError: a type has no document, or nothing is left.
        """
        known = sorted({example.doc_type for example in self.examples})
        for doc_type in doc_types:
            if doc_type not in known:
                raise UsageError(
                    f"no document of type “{doc_type}” in {self.name}",
                    f"There are: {', '.join(known)}.",
                )
        kept = [
            example for example in self.examples if not doc_types or example.doc_type in doc_types
        ]
        return Dataset(self.name, tuple(kept[:limit]))


def read_dataset(folder: Path) -> Dataset:
    """The evaluation set in a folder.

    Raises:
        UsageError: there is no manifest, or a line of it is wrong; the message names the line.
    """
    manifest = folder / MANIFEST
    try:
        lines = manifest.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"no readable {MANIFEST} in {folder}",
            "Name a folder with one line of JSON per document (id, path, doc_type, fields); "
            "docs/evaluation.md has the format.",
        ) from error
    examples = tuple(_examples(folder, lines))
    if not examples:
        raise UsageError(f"{manifest} is empty", "Write one line of JSON per document.")
    return Dataset(folder.resolve().name, examples)


def _examples(folder: Path, lines: Sequence[str]) -> Iterator[Example]:
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        place = f"{folder / MANIFEST}, line {number}"
        example = _example(folder, _record(line, place), place)
        if example.id in seen:
            raise UsageError(
                f"{place}: the id “{example.id}” stands in line {seen[example.id]}, too",
                "Give every document an id of its own.",
            )
        seen[example.id] = number
        yield example


def _record(line: str, place: str) -> Mapping[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise UsageError(f"{place}: not JSON ({error})", "Write one object per line.") from error
    if not isinstance(record, dict):
        raise UsageError(f"{place}: not a JSON object", "Write one object per line.")
    return cast(dict[str, Any], record)


def _example(folder: Path, record: Mapping[str, Any], place: str) -> Example:
    for key in ("id", "path", "doc_type"):
        if not isinstance(record.get(key), str) or not record[key]:
            raise UsageError(f"{place}: `{key}` is missing or no text", "Write it as a string.")
    fields = record.get("fields")
    if not isinstance(fields, dict):
        raise UsageError(
            f"{place}: `fields` is missing or no object", 'Write {"name": "value"}, or {}.'
        )
    return Example(
        id=record["id"],
        path=record["path"],
        file=folder / record["path"],
        doc_type=record["doc_type"],
        stratum=str(record.get("stratum") or UNKNOWN),
        language=str(record.get("language") or UNKNOWN),
        fields=cast(dict[str, Any], fields),
        record=record,
        ground_truth=_ground_truth(folder, record, place),
    )


def _ground_truth(folder: Path, record: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    if not record.get("gt_path"):
        return {}
    path = folder / str(record["gt_path"])
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{place}: the truth in {path} cannot be read ({error})",
            "Correct `gt_path`, or leave it out.",
        ) from error
    if not isinstance(content, dict):
        raise UsageError(f"{place}: {path} holds no JSON object", "See docs/evaluation.md.")
    return cast(dict[str, Any], content)
