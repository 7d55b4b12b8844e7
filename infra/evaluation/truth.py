"""What is true of a document, in the shape of the schema that is filled.

Boxes of the truth come in several forms; all become fractions of the displayed page here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from docmill.infra.evaluation.dataset import Example
from docmill.schemas.document_schema import DocumentSchema, ListSpec
from docmill.schemas.evaluation import PlacedBox
from docmill.schemas.geometry import Box
from docmill.schemas.page import PageText

PAIR_COLUMNS = frozenset({"key", "value"})


@dataclass(frozen=True)
class TrueValue:
    """A value as the source of the truth writes it; `text` is None where there is none."""

    text: str | None
    place: PlacedBox | None = None


@dataclass(frozen=True)
class TrueList:
    """A list's rows, unordered. A plain list has rows with one value under the empty name.

    `answers` are the single values of key-value rows, one tuple per row: a printed key may have
    several (lines of one text, or cells below a heading), which its row's value joins. Empty
    where the truth gives the rows themselves.
    """

    spec: ListSpec
    rows: tuple[Mapping[str, TrueValue], ...]
    answers: tuple[tuple[TrueValue, ...], ...] = ()

    @property
    def columns(self) -> frozenset[str]:
        """The columns that any row has; others were not looked at by whoever made the truth."""
        return frozenset(name for row in self.rows for name in row)

    @property
    def is_pairs(self) -> bool:
        """Whether the rows are keys with values, right or wrong as a whole."""
        return frozenset(column.name for column in self.spec.fields) == PAIR_COLUMNS


@dataclass(frozen=True)
class TrueLine:
    """A printed line of text and where it stands."""

    text: str
    place: PlacedBox


@dataclass(frozen=True)
class Truth:
    """Scalars by path, lists by name, printed lines; `unscored` has no field in the schema."""

    values: Mapping[str, TrueValue] = field(default_factory=dict[str, TrueValue])
    lists: tuple[TrueList, ...] = ()
    lines: tuple[TrueLine, ...] = ()
    unscored: tuple[str, ...] = ()


def truth_of(
    example: Example,
    schema: DocumentSchema,
    pages: Mapping[int, PageText],
    aliases: Mapping[str, str],
) -> Truth:
    """The truth of an example under a schema.

    Args:
        example: the document.
        schema: what is filled; truths without a field in it are named in `unscored`.
        pages: readings by page number, for sizes in pixels.
        aliases: the schema's name for a truth of another name.
    """
    named = {aliases.get(name, name): value for name, value in _named(example, schema).items()}
    boxes = _boxes(example.record.get("boxes"))
    lists = {rows.name: rows for rows in schema.lists}
    scalars = {spec.name for spec in schema.fields}
    pairs = next((rows for rows in schema.lists if _is_pairs(rows)), None)
    free_keys = pairs is not None and not (named.keys() & (lists.keys() | scalars))
    true_lists = [
        _list(lists[name], value, boxes) for name, value in named.items() if name in lists
    ]
    if pairs and free_keys:
        questions = list(_questions(example, pages))
        rows = tuple({"key": key, "value": _joined(answers)} for key, answers in questions)
        true_lists = [TrueList(pairs, rows, tuple(answers for _, answers in questions))]
    return Truth(
        values={
            name: TrueValue(_text(value), boxes.get(name))
            for name, value in named.items()
            if name in scalars
        },
        lists=tuple(true_lists),
        lines=tuple(_lines(example, pages)),
        unscored=()
        if free_keys
        else tuple(name for name in named if name not in scalars and name not in lists),
    )


def _is_pairs(rows: ListSpec) -> bool:
    return TrueList(rows, ()).is_pairs


def _named(example: Example, schema: DocumentSchema) -> Mapping[str, Any]:
    """Fields, and those lists that stand beside them in the manifest's line."""
    beside = {rows.name for rows in schema.lists} & example.record.keys()
    return {**example.fields, **{name: example.record[name] for name in sorted(beside)}}


def _text(value: Any) -> str | None:
    """A truth as text; nothing and the empty text say that there is no value."""
    return None if value is None or str(value).strip() == "" else str(value)


def _list(spec: ListSpec, value: Any, boxes: Mapping[str, PlacedBox]) -> TrueList:
    rows = (
        _row(spec, row, f"{spec.name}[{number}]", boxes)
        for number, row in enumerate(_listed(value))
    )
    return TrueList(spec, tuple(rows))


def _listed(value: Any) -> list[Any]:
    """A list as it stands; a single value as a list of one, nothing as an empty list."""
    if isinstance(value, list):
        return cast(list[Any], value)
    return [] if value is None else [value]


def _row(
    spec: ListSpec, row: Any, path: str, boxes: Mapping[str, PlacedBox]
) -> Mapping[str, TrueValue]:
    cells = cast(Mapping[str, Any], row if isinstance(row, dict) else {"": row})
    known = {column.name for column in spec.fields}
    return {
        name: TrueValue(_text(cell), boxes.get(f"{path}.{name}" if name else path))
        for name, cell in cells.items()
        if name in known
    }


def _boxes(given: Any) -> Mapping[str, PlacedBox]:
    """`{path: {"page": 1, "box": [x0, y0, x1, y1]}}`, fractions; other forms are in gt files."""
    entries = cast(Mapping[str, Any], given if isinstance(given, dict) else {})
    return {
        path: PlacedBox(page=entry["page"], box=Box.clipped(*entry["box"]))
        for path, entry in entries.items()
    }


def _questions(
    example: Example, pages: Mapping[int, PageText]
) -> Iterator[tuple[TrueValue, tuple[TrueValue, ...]]]:
    """Printed keys with their answers, from top to bottom."""
    pairs: Sequence[Mapping[str, Any]] = example.ground_truth.get("kv_pairs", ())
    if not pairs:
        for key, value in example.fields.items():
            yield TrueValue(key), tuple(TrueValue(_text(answer)) for answer in _listed(value))
        return
    questions: dict[str, list[Mapping[str, Any]]] = {}
    for pair in pairs:
        questions.setdefault(f"{pair['key']} {pair.get('key_box')}", []).append(pair)
    for answers in questions.values():
        if all(answer.get("value_box") for answer in answers):
            answers.sort(key=lambda answer: answer["value_box"][1::-1])
        yield TrueValue(answers[0]["key"]), tuple(_answer(answer, pages) for answer in answers)


def _answer(pair: Mapping[str, Any], pages: Mapping[int, PageText]) -> TrueValue:
    box = pair.get("value_box")
    return TrueValue(_text(pair["value"]), _pixels(box, pages) if box else None)


def _joined(answers: Sequence[TrueValue]) -> TrueValue:
    """All answers as one text, and the box around them."""
    text = " ".join(answer.text for answer in answers if answer.text)
    boxes = [answer.place.box for answer in answers if answer.place]
    return TrueValue(_text(text), PlacedBox(page=1, box=Box.around(boxes)) if boxes else None)


def _lines(example: Example, pages: Mapping[int, PageText]) -> Iterator[TrueLine]:
    for line in example.ground_truth.get("text_lines", ()):
        quad: Sequence[float] = line.get("quad") or ()
        if len(quad) >= 4:
            corners = (min(quad[0::2]), min(quad[1::2]), max(quad[0::2]), max(quad[1::2]))
            place = _pixels(corners, pages)
            if place:
                yield TrueLine(str(line["text"]), place)


def _pixels(corners: Sequence[float], pages: Mapping[int, PageText]) -> PlacedBox | None:
    """A box in pixels of the only page; None where the page could not be opened."""
    page = pages.get(1)
    if page is None:
        return None
    x0, y0, x1, y1 = corners
    width, height = page.width_px, page.height_px
    return PlacedBox(page=1, box=Box.clipped(x0 / width, y0 / height, x1 / width, y1 / height))
