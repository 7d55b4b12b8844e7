"""Field quality on documents with known values: `python -m benchmarks.quality`.

Runs the whole path (cage, lake, warehouse) over the invoices and advertising orders of an
evaluation set beside the repository, and scores what is published by the rule that docmill uses
everywhere: dates, numbers and codes must be equal after normalisation, names and free text alike
to 0.9 (Levenshtein, letter case and white space folded).
"""

from __future__ import annotations

import json
import platform
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rapidfuzz.distance import Levenshtein

from docmill.extractors.normalise import normal_forms
from docmill.infra.pipeline import BatchReport, run_batch
from docmill.infra.settings import load_settings
from docmill.infra.sources import find_sources
from docmill.infra.warehouse.owner import WarehouseOwner
from docmill.infra.warehouse.query import open_published
from docmill.infra.workspace import Workspace
from docmill.schemas.document_schema import DocumentSchema, FieldKind
from docmill.schemas.loading import load_schema
from docmill.schemas.outcome import DocumentOutcome

REPOSITORY = Path(__file__).resolve().parents[1]
EVALUATION_SET = REPOSITORY.parent / "shared" / "eval"
SCHEMAS = {
    "invoice": "invoice",
    "ad_buy_order": str(REPOSITORY / "benchmarks" / "schemas" / "ad_buy_order.json"),
}
ALIKE = 0.9
LOOSE_KINDS = frozenset({FieldKind.NAME, FieldKind.ADDRESS, FieldKind.TEXT})

Record = Mapping[str, Any]
Published = Mapping[tuple[str, str], tuple[str | None, bool]]


@dataclass
class Tally:
    """Counts of one field: right, wrong, missing, and how many values have a box."""

    right: int = 0
    strict: int = 0
    wrong: int = 0
    missing: int = 0
    boxed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            *(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True))
        )

    @property
    def row(self) -> tuple[str, ...]:
        """Documents with this field, precision, recall, F1, strict F1, share with a box."""
        given, wanted = self.right + self.wrong, self.right + self.wrong + self.missing
        numbers = (
            self.right / given if given else 0.0,
            self.right / wanted if wanted else 0.0,
            2 * self.right / (given + wanted) if wanted else 0.0,
            2 * self.strict / (given + wanted) if wanted else 0.0,
            self.boxed / given if given else 0.0,
        )
        return (str(wanted), *(f"{number:.3f}" for number in numbers))


class Silent:
    """Progress that nobody looks at."""

    def found(self, documents: int, already_done: int) -> None:
        """Nothing to show."""

    def finished(self, outcome: DocumentOutcome) -> None:
        """Nothing to show."""


def same(kind: FieldKind, value: str, truth: str) -> tuple[bool, bool]:
    """(right by the rule, strictly equal)."""
    if kind is FieldKind.DATE and len(truth) == 8 and truth.isdigit():
        truth = f"{truth[:4]}-{truth[4:6]}-{truth[6:]}"
    if kind not in LOOSE_KINDS:
        equal = bool(normal_forms(kind, value) & normal_forms(kind, truth))
        return equal, equal
    first, second = (" ".join(text.casefold().split()) for text in (value, truth))
    return Levenshtein.normalized_similarity(first, second) >= ALIKE, first == second


def evaluate(root: Path, doc_type: str) -> tuple[dict[str, Tally], BatchReport, Mapping[str, int]]:
    """Tallies by field, the run, and documents by outcome."""
    lines = (root / "manifest.jsonl").read_text("utf-8").splitlines()
    records = [record for line in lines if (record := json.loads(line))["doc_type"] == doc_type]
    schema = load_schema(SCHEMAS[doc_type])
    with TemporaryDirectory() as folder:
        settings = load_settings(workspace=Path(folder))
        files = find_sources([str(root / record["path"]) for record in records]).files
        report = run_batch(files, [schema], settings, Silent(), lambda: None)
        workspace = Workspace(settings.workspace)
        with WarehouseOwner(workspace) as owner:
            owner.load(workspace.lake())
            owner.publish()
        published, outcomes = _published(workspace)
    return _tallies(root, records, schema, published), report, outcomes


def _published(workspace: Workspace) -> tuple[Published, Mapping[str, int]]:
    connection = open_published(workspace)
    rows = connection.execute("SELECT uri, path, value, x0 IS NOT NULL FROM fields").fetchall()
    counts = connection.execute("SELECT status, count(*) FROM documents GROUP BY 1").fetchall()
    connection.close()
    return {(uri, path): (value, boxed) for uri, path, value, boxed in rows}, dict(counts)


def _tallies(
    root: Path, records: Iterable[Record], schema: DocumentSchema, published: Published
) -> dict[str, Tally]:
    tallies: dict[str, Tally] = defaultdict(Tally)
    for record in records:
        uri = f"file://{(root / record['path']).resolve()}"
        for path, truth in record["fields"].items():
            spec = schema.spec_of(path)
            if spec is not None:
                value, boxed = published.get((uri, path), (None, False))
                tallies[path] += _tally(spec.kind, value, str(truth), boxed=boxed)
    return tallies


def _tally(kind: FieldKind, value: str | None, truth: str, *, boxed: bool) -> Tally:
    if value is None:
        return Tally(missing=1)
    right, strict = same(kind, value, truth)
    return Tally(int(right), int(strict), int(not right), 0, int(boxed))


def _table(tallies: Mapping[str, Tally]) -> Sequence[str]:
    head = ("field", "n", "precision", "recall", "F1", "strict F1", "with box")
    total = sum(tallies.values(), Tally())
    rows = [(name, *tally.row) for name, tally in tallies.items()] + [("**all**", *total.row)]
    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


def main() -> None:
    """Prints a Markdown report."""
    if not EVALUATION_SET.exists():
        sys.exit("skipped: no evaluation set in ../shared/eval")
    print(f"Measured on {date.today()}, {platform.machine()}, Python {platform.python_version()}.")
    for doc_type in SCHEMAS:
        tallies, report, outcomes = evaluate(EVALUATION_SET, doc_type)
        seconds = (report.run.finished_at - report.run.started_at).total_seconds()
        listed = ", ".join(f"{count} {status}" for status, count in sorted(outcomes.items()))
        print(f"\n### {doc_type}\n")
        print(f"{sum(outcomes.values())} documents ({listed}), {report.run.pages} pages, ", end="")
        print(f"{report.run.pages / seconds:.1f} pages/s\n")
        print("\n".join(_table(tallies)))


if __name__ == "__main__":
    main()
