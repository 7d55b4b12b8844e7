"""Values beside their truth: one judgement each."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from docmill.extractors.fold import fold, folded
from docmill.infra.evaluation.boxes import inside, overlap
from docmill.infra.evaluation.matching import (
    Comparison,
    best_pairs,
    compare,
    compare_written,
    worth_of,
)
from docmill.infra.evaluation.truth import TrueLine, TrueList, TrueValue, Truth
from docmill.schemas.document_schema import DocumentSchema, FieldSpec, pattern_of
from docmill.schemas.evaluation import Judgement, PlacedBox, Verdict
from docmill.schemas.extraction import FieldValue, ValueStatus
from docmill.schemas.page import PageText

_ROW = re.compile(r"(?P<name>[^\[]+)\[(?P<row>\d+)\]\.?(?P<column>.*)")
# When rows are paired, likeness decides between rows with equally many right cells.
_LIKENESS = 0.1

Row = Mapping[str, FieldValue]
_NO_ROW: Row = {}


def present_values(values: Iterable[FieldValue]) -> dict[str, FieldValue]:
    """The values that were given, by path."""
    return {value.path: value for value in values if value.status is ValueStatus.PRESENT}


def judge(
    truth: Truth,
    given: Mapping[str, FieldValue],
    schema: DocumentSchema,
    complete: Collection[str] = (),
) -> tuple[Judgement, ...]:
    """Every true value and every value given beside it.

    Args:
        truth: the document's truth under `schema`.
        given: present values by path.
        schema: says what kind each value is.
        complete: fields whose absence from the truth means that the document has none; a value
            given for another field without truth is not judged.
    """
    return tuple(_judge(truth, given, schema, complete))


def _judge(
    truth: Truth, given: Mapping[str, FieldValue], schema: DocumentSchema, complete: Collection[str]
) -> Iterator[Judgement]:
    for spec in schema.fields:
        true = truth.values.get(spec.name)
        if true is None and spec.name in complete:
            true = TrueValue(None)
        if true is not None:
            yield from _beside(spec.name, spec, true, given.get(spec.name), truth.lines)
    for rows in truth.lists:
        found = _rows_of(rows.spec.name, given)
        yield from _pairs(rows, found) if rows.is_pairs else _cells(rows, found, truth.lines)
    known = {rows.spec.name for rows in truth.lists}
    for spec in schema.lists:
        if spec.name in complete and spec.name not in known:
            yield from _spurious_rows(spec.name, _rows_of(spec.name, given))


def _beside(
    path: str,
    spec: FieldSpec,
    true: TrueValue,
    value: FieldValue | None,
    lines: Sequence[TrueLine] = (),
) -> Iterator[Judgement]:
    """The judgement of one value; none where there is neither truth nor value."""
    if value is None and true.text is not None:
        yield Judgement(
            path=path,
            pattern=pattern_of(path),
            truth=true.text,
            value=None,
            verdict=Verdict.MISSING,
            truth_place=true.place,
        )
    elif value is not None and true.text is None:
        yield _given(path, None, value, Verdict.SPURIOUS)
    elif value is not None and true.text is not None:
        outcome = compare(spec.kind, value.value or "", true.text)
        verdict = Verdict.RIGHT if outcome.right else Verdict.WRONG
        judgement = _given(path, true.text, value, verdict, strict=outcome.strict)
        yield _placed(judgement, true, lines)


def _given(
    path: str, truth: str | None, value: FieldValue, verdict: Verdict, *, strict: bool = False
) -> Judgement:
    evidence = value.evidence
    return Judgement(
        path=path,
        pattern=pattern_of(path),
        truth=truth,
        value=value.value,
        verdict=verdict,
        strict=strict,
        confidence=value.confidence,
        match=value.match,
        place=PlacedBox(page=evidence.page, box=evidence.box) if evidence else None,
    )


def _placed(judgement: Judgement, true: TrueValue, lines: Sequence[TrueLine]) -> Judgement:
    """With what the truth knows about the place."""
    return judgement.model_copy(
        update={
            "truth_place": true.place,
            "iou": overlap(judgement.place, true.place),
            "inside": inside(judgement.place, true.text or "", lines),
        }
    )


def _rows_of(name: str, given: Mapping[str, FieldValue]) -> tuple[Row, ...]:
    """The given rows of a list in order; a plain list has its values under the empty name."""
    rows: dict[int, dict[str, FieldValue]] = {}
    for path, value in given.items():
        part = _ROW.fullmatch(path)
        if part and part["name"] == name:
            rows.setdefault(int(part["row"]), {})[part["column"]] = value
    return tuple(rows[number] for number in sorted(rows))


def _cells(rows: TrueList, found: Sequence[Row], lines: Sequence[TrueLine]) -> Iterator[Judgement]:
    """Rows paired for the most right cells, then judged cell by cell.

    Columns that the truth of this list never has are not judged.
    """
    specs = {spec.name: spec for spec in rows.spec.fields if spec.name in rows.columns}
    partner = dict(best_pairs(worth_of([[_worth(true, row, specs) for row in found]
                                        for true in rows.rows], len(found))))  # fmt: skip
    for number, true in enumerate(rows.rows):
        row = found[partner[number]] if number in partner else _NO_ROW
        for name, cell in true.items():
            path = _path(rows.spec.name, number, name)
            yield from _beside(path, specs[name], cell, row.get(name), lines)
    left_over = [row for number, row in enumerate(found) if number not in partner.values()]
    yield from _spurious_rows(rows.spec.name, left_over, specs if rows.rows else None)


def _worth(true: Mapping[str, TrueValue], row: Row, specs: Mapping[str, FieldSpec]) -> float:
    return sum(
        float(outcome.right) + _LIKENESS * outcome.similarity
        for name, cell in true.items()
        if (outcome := _outcome(specs[name], cell, row.get(name))) is not None
    )


def _outcome(spec: FieldSpec, true: TrueValue, value: FieldValue | None) -> Comparison | None:
    if value is None or value.value is None or true.text is None:
        return None
    return compare(spec.kind, value.value, true.text)


def _spurious_rows(
    name: str, rows: Sequence[Row], columns: Collection[str] | None = None
) -> Iterator[Judgement]:
    """Every cell (of these columns, or of all) of rows that the truth does not have."""
    for row in rows:
        for column, value in row.items():
            if columns is None or column in columns:
                yield _given(value.path, None, value, Verdict.SPURIOUS)


def _path(name: str, row: int, column: str) -> str:
    return f"{name}[{row}]" + (f".{column}" if column else "")


def _pairs(rows: TrueList, found: Sequence[Row]) -> Iterator[Judgement]:
    """Keys with their values: a pair is right when both are.

    A key whose true value is blank (a signature nobody transcribed) is not judged.
    """
    wanted = [pair for number in range(len(rows.rows)) for pair in _true_pairs(rows, number, found)]
    worth = [[sum(_pair_worth(side) for side in _sides(true, row)) for row in found]
             for _, true in wanted]  # fmt: skip
    partner = dict(best_pairs(worth_of(worth, len(found))))
    name, pattern = rows.spec.name, f"{rows.spec.name}[]"
    for number, (path, true) in enumerate(wanted):
        if true["value"].text is not None:
            row = found[partner[number]] if number in partner else _NO_ROW
            yield _pair(path, pattern, true, row)
    for number, row in enumerate(found):
        if number not in partner.values():
            yield _pair(_path(name, number, ""), pattern, {}, row)


def _true_pairs(
    rows: TrueList, number: int, found: Sequence[Row]
) -> Iterator[tuple[str, Mapping[str, TrueValue]]]:
    """One printed key: its answers joined, or each by itself where they were given so.

    Whoever made the truth did not say whether answers are lines of one text or values of their
    own; both readings are fair.
    """
    row, answers = rows.rows[number], rows.answers[number] if rows.answers else ()
    path, key = _path(rows.spec.name, number, ""), row["key"]
    alike = [given for given in found if (side := _sides(row, given)[0]) and side.right]
    if len(answers) < 2 or len(alike) < 2:
        yield path, row
        return
    for part, answer in enumerate(answers):
        yield f"{path}.{part}", {"key": key, "value": answer}


def _pair_worth(side: Comparison | None) -> float:
    return 0.0 if side is None else float(side.right) + _LIKENESS * side.similarity


def _sides(true: Mapping[str, TrueValue], row: Row) -> tuple[Comparison | None, Comparison | None]:
    """Key and value beside the true ones; None where either side has none."""
    key, value = (
        compare_written(row[name].value or "", true[name].text or "")
        if name in row and name in true and true[name].text is not None
        else None
        for name in ("key", "value")
    )
    return key, value


def _pair(path: str, pattern: str, true: Mapping[str, TrueValue], row: Row) -> Judgement:
    key, value = row.get("key"), row.get("value")
    true_key, true_value = (true.get(name, TrueValue(None)) for name in ("key", "value"))
    sides = _sides(true, row)
    right = all(side is not None and side.right for side in sides)
    evidence = value.evidence if value else None
    place = PlacedBox(page=evidence.page, box=evidence.box) if evidence else None
    return Judgement(
        path=path,
        pattern=pattern,
        truth=_written(true_key.text, true_value.text) if true else None,
        value=_written(key and key.value, value and value.value) if row else None,
        verdict=_pair_verdict(bool(true), bool(row), right),
        strict=all(side is not None and side.strict for side in sides),
        key_right=sides[0] is not None and sides[0].right,
        confidence=value.confidence if value else None,
        match=value.match if value else None,
        place=place,
        truth_place=true_value.place,
        iou=overlap(place, true_value.place),
    )


def _pair_verdict(wanted: bool, given: bool, right: bool) -> Verdict:
    if not given:
        return Verdict.MISSING
    if not wanted:
        return Verdict.SPURIOUS
    return Verdict.RIGHT if right else Verdict.WRONG


def _written(key: str | None, value: str | None) -> str:
    return f"{key or ''} → {value or ''}"


def invented_values(given: Mapping[str, FieldValue], pages: Iterable[PageText]) -> tuple[str, ...]:
    """Paths of values that stand nowhere in the document's words, by this check's own look.

    A value stands there when its printed form (the value itself, where none is given), reduced
    to letters and digits, is part of the document's text, or when all its pieces are (a value in
    two columns or over two pages). Derived values need not stand anywhere.
    """
    words = [word.text for page in pages for word in page.words if word.visible]
    text = "".join(folded(word) for word in words)
    pieces = {piece for word in words for piece in fold(word)}
    return tuple(
        path
        for path, value in given.items()
        if not value.derived and not _stands(value.raw or value.value or "", text, pieces)
    )


def _stands(value: str, text: str, pieces: Collection[str]) -> bool:
    return folded(value) in text or all(piece in pieces for piece in fold(value))
