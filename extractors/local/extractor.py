"""The embedded extractor: candidates, features, scorer, choice, rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from docmill.extractors.layout import Layout, Token
from docmill.extractors.local.candidates import Candidate, Scene, scene_of
from docmill.extractors.local.checkboxes import Checkbox, find_checkboxes
from docmill.extractors.local.choose import MIN_PROBABILITY, Scored, rank
from docmill.extractors.local.features import Features, Viewpoint
from docmill.extractors.local.form_keys import key_text, value_text
from docmill.extractors.local.labels import LabelIndex
from docmill.extractors.local.pairs import Pair, find_pairs
from docmill.extractors.local.plain_lists import find_plain
from docmill.extractors.local.prose import cues_of
from docmill.extractors.local.scorer import LinearScorer, Scorer
from docmill.extractors.local.tables import Cell, Item, find_items, item_tokens
from docmill.extractors.local.till import till_features
from docmill.schemas.document_schema import DocumentSchema, FieldSpec, ListShape, ListSpec
from docmill.schemas.engine import EngineTag
from docmill.schemas.extraction import Alternative, FieldValue, ValueStatus

VERSION = "2"


class LocalExtractor:
    """Fills any schema from words and boxes on the CPU, without a model server."""

    def __init__(self, scorer: Scorer | None = None) -> None:
        self._scorer: Scorer = scorer or LinearScorer()

    @property
    def tag(self) -> EngineTag:
        """`local` and the version of its rules."""
        return EngineTag(name="local", version=VERSION)

    def extract(self, layout: Layout, schema: DocumentSchema) -> tuple[FieldValue, ...]:
        """One value per scalar field, then the rows of every list."""
        scene = scene_of(layout, LabelIndex(schema), schema.titles, cues_of(schema))
        view = Viewpoint(scene, schema)
        lists = {rows.name: find_items(scene, schema, rows) for rows in _tables(schema)}
        items = [item for found in lists.values() for item in found]
        ranking = rank(view, self._scorer, _other_features(scene, items))
        scalars = {
            spec.name: _scalar(scene.layout, spec, ranking[spec.name]) for spec in schema.fields
        }
        for fallback in schema.rules.fallbacks:
            scalars[fallback.field] = _fallback(scalars[fallback.field], scalars[fallback.source])
        return (
            *scalars.values(),
            *(
                value
                for rows in schema.lists
                for value in self._list(view, rows, lists.get(rows.name, []))
            ),
        )

    def _list(self, view: Viewpoint, rows: ListSpec, items: Sequence[Item]) -> Iterator[FieldValue]:
        """The values of one list, as its rows are told from each other."""
        layout = view.scene.layout
        if rows.plain:
            yield from _plain(layout, rows, find_plain(view, rows, self._scorer))
        elif rows.shape is ListShape.PAIRS:
            yield from _pairs(layout, rows, find_pairs(layout))
        elif rows.shape is ListShape.CHECKBOXES:
            yield from _checkboxes(layout, rows, find_checkboxes(layout))
        else:
            yield from _rows(layout, rows, items)


def _tables(schema: DocumentSchema) -> list[ListSpec]:
    return [rows for rows in schema.lists if rows.shape is ListShape.ROWS and not rows.plain]


def _other_features(scene: Scene, items: Sequence[Item]) -> Mapping[Candidate, Features]:
    rows, till = _row_features(scene, items), till_features(scene)
    return {c: {**rows.get(c, {}), **till.get(c, {})} for c in {*rows, *till}}


def _row_features(scene: Scene, items: Sequence[Item]) -> Mapping[Candidate, Features]:
    """What rows say about single values: standing inside one, or being their sum."""
    inside = item_tokens(items)
    sums = _column_sums(items)
    features: dict[Candidate, Features] = {}
    for candidate in scene.candidates:
        if inside.intersection(candidate.tokens):
            features[candidate] = {"in_rows": 1.0}
        elif candidate.kind == "amount" and Decimal(candidate.value) in sums:
            features[candidate] = {"rows_sum": 1.0}
    return features


def _column_sums(items: Sequence[Item]) -> set[Decimal]:
    """Sums of every amount column with at least two rows."""
    columns: dict[str, list[Decimal]] = {}
    for item in items:
        for name, cell in item.cells.items():
            if cell.candidate is not None and cell.candidate.kind == "amount":
                columns.setdefault(name, []).append(Decimal(cell.candidate.value))
    return {sum(values, Decimal(0)) for values in columns.values() if len(values) > 1}


def _scalar(layout: Layout, spec: FieldSpec, ranked: Sequence[Scored]) -> FieldValue:
    best = ranked[0] if ranked else None
    alternatives = tuple(_alternative(layout, item) for item in ranked[:4])
    if best is None or best.probability < MIN_PROBABILITY:
        return FieldValue(
            path=spec.name,
            value=None,
            raw=None,
            status=ValueStatus.NOT_FOUND,
            confidence=0.0,
            signals={"best_rejected": best.probability if best else 0.0},
            alternatives=alternatives,
        )
    second = ranked[1].probability if len(ranked) > 1 else 0.0
    return FieldValue(
        path=spec.name,
        value=best.candidate.value,
        raw=best.candidate.raw,
        status=ValueStatus.PRESENT,
        confidence=0.0,
        evidence=layout.evidence(best.candidate.tokens),
        signals={
            **best.features,
            "engine_probability": best.probability,
            "engine_margin": best.probability - second,
        },
        alternatives=alternatives[1:],
    )


def _plain(layout: Layout, rows: ListSpec, found: Sequence[Scored]) -> Iterator[FieldValue]:
    for number, item in enumerate(found):
        yield FieldValue(
            path=f"{rows.name}[{number}]",
            value=item.candidate.value,
            raw=item.candidate.raw,
            status=ValueStatus.PRESENT,
            confidence=0.0,
            evidence=layout.evidence(item.candidate.tokens),
            signals={**item.features, "engine_probability": item.probability},
        )


def _pairs(layout: Layout, rows: ListSpec, pairs: Sequence[Pair]) -> Iterator[FieldValue]:
    key, value = rows.fields
    for number, pair in enumerate(pairs):
        row = f"{rows.name}[{number}]"
        yield _printed(layout, f"{row}.{key.name}", key_text(pair.key), pair.key, pair.certainty)
        text = value_text(pair.value)
        yield _printed(layout, f"{row}.{value.name}", text, pair.value, pair.certainty)


# A box that was seen or typed is seldom mistaken; which words belong to it is less sure.
BOX_TRUST = 0.75


def _checkboxes(layout: Layout, rows: ListSpec, boxes: Sequence[Checkbox]) -> Iterator[FieldValue]:
    label, checked = rows.fields
    for number, box in enumerate(boxes):
        row = f"{rows.name}[{number}]"
        text = value_text(box.label)
        yield _printed(layout, f"{row}.{label.name}", text, box.label, BOX_TRUST)
        yield FieldValue(
            path=f"{row}.{checked.name}",
            value="true" if box.checked else "false",
            raw=box.evidence.quote,
            status=ValueStatus.PRESENT,
            confidence=0.0,
            evidence=box.evidence,
            signals={"engine_probability": BOX_TRUST, "engine_margin": BOX_TRUST},
        )


def _printed(
    layout: Layout, path: str, text: str, tokens: tuple[Token, ...], certainty: float
) -> FieldValue:
    return FieldValue(
        path=path,
        value=text,
        raw=" ".join(token.text for token in tokens),
        status=ValueStatus.PRESENT,
        confidence=0.0,
        evidence=layout.evidence(tokens),
        signals={"engine_probability": certainty, "engine_margin": certainty},
    )


# What is meant but not printed is right less often than what is.
FALLBACK_TRUST = 0.85


def _fallback(value: FieldValue, source: FieldValue) -> FieldValue:
    """The source's value, marked as derived, where the field has none of its own."""
    if value.status is ValueStatus.PRESENT or source.status is not ValueStatus.PRESENT:
        return value
    trust = source.signals["engine_probability"] * FALLBACK_TRUST
    return source.model_copy(
        update={
            "path": value.path,
            "derived": True,
            "signals": {"engine_probability": trust, "fallback": 1.0},
            "alternatives": value.alternatives,
        }
    )


def _alternative(layout: Layout, item: Scored) -> Alternative:
    return Alternative(
        value=item.candidate.value,
        raw=item.candidate.raw,
        score=item.probability,
        evidence=layout.evidence(item.candidate.tokens),
    )


def _rows(layout: Layout, rows: ListSpec, items: Sequence[Item]) -> Iterator[FieldValue]:
    for number, item in enumerate(items):
        for spec in rows.fields:
            cell = item.cells.get(spec.name)
            if cell is not None:
                yield _cell(layout, f"{rows.name}[{number}].{spec.name}", cell)


# A value under a heading that was hardly recognised; a clear heading adds the rest.
CELL_TRUST = 0.5


def _cell(layout: Layout, path: str, cell: Cell) -> FieldValue:
    tokens: tuple[Token, ...] = cell.candidate.tokens if cell.candidate else cell.tokens
    text = cell.candidate.raw if cell.candidate else " ".join(token.text for token in tokens)
    return FieldValue(
        path=path,
        value=cell.candidate.value if cell.candidate else text,
        raw=text,
        status=ValueStatus.PRESENT,
        confidence=0.0,
        evidence=layout.evidence(tokens),
        signals={
            "column": cell.strength,
            "engine_probability": CELL_TRUST + (1 - CELL_TRUST) * 0.9 * cell.strength,
            "engine_margin": cell.strength,
        },
    )
