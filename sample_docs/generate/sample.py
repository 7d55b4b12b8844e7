"""A sample: its data, its drawing and why it is here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sample_docs.generate.document import Invoice, Receipt
from sample_docs.generate.sheet import A4, Sheet
from sample_docs.generate.truth import Truth, truth_of

AUTHOR: Final = "docmill sample documents"


@dataclass(frozen=True)
class Sample:
    """One document of the set; `path` is relative to `sample_docs`, `size` in millimetres.

    `unprinted` names what the document does not show, like `line_items[].tax_rate`.
    """

    path: str
    language: str
    proves: str
    document: Invoice | Receipt
    draw: Callable[[Sheet], None]
    size: tuple[float, float] = A4
    unprinted: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        """The file's name without its ending."""
        return self.path.rpartition("/")[2].removesuffix(".pdf")


@dataclass(frozen=True)
class Drawn:
    """A drawn sample: the PDF and its line of the manifest."""

    pdf: bytes
    entry: dict[str, object]


def drawn(sample: Sample) -> Drawn:
    """Draw `sample`.

    Raises:
        ValueError: a value of its truth was not drawn, or one was drawn that is not its truth.
    """
    sheet = Sheet(sample.size, sample.id, AUTHOR)
    sample.draw(sheet)
    truth = truth_of(sample.document, sample.unprinted)
    if odd := set(truth.paths()) ^ set(sheet.spots):
        raise ValueError(f"{sample.id}: drawn and true values differ in {sorted(odd)}")
    return Drawn(sheet.finished(), _entry(sample, truth, sheet))


def _entry(sample: Sample, truth: Truth, sheet: Sheet) -> dict[str, object]:
    spots = {path: sheet.spots[path] for path in truth.paths()}
    entry: dict[str, object] = {
        "id": sample.id,
        "path": sample.path,
        "doc_type": truth.doc_type,
        "language": sample.language,
        "stratum": "born_digital",
        "proves": sample.proves,
        "pages": sheet.page,
        "fields": truth.fields,
        "line_items": truth.line_items,
        "taxes": truth.taxes,
        "adjustments": truth.adjustments,
        "boxes": {path: {"page": spot.page, "box": spot.box} for path, spot in spots.items()},
        "printed": {path: spot.text for path, spot in spots.items()},
    }
    return {key: value for key, value in entry.items() if value != ()}
