"""Choosing values: the best candidate of each field, with all fields looked at together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product

from docmill.extractors.fold import folded
from docmill.extractors.local.candidates import Candidate
from docmill.extractors.local.features import Features, Viewpoint, features_of, kind_candidates
from docmill.extractors.local.scorer import Scorer, probability
from docmill.schemas.document_schema import DocumentSchema, FieldKind, FieldSpec, SumRule

# Candidates per field that are kept as alternatives, and tried in sums.
MOST_KEPT = 6
# Below this probability a candidate is no answer: the field was not found.
MIN_PROBABILITY = 0.3
# Amounts are rounded line by line, so a sum may be a few cents off.
CENTS = Decimal("0.02")


@dataclass(frozen=True, eq=False)
class Scored:
    """A candidate with its features and log-odds for one field."""

    candidate: Candidate
    features: Features
    log_odds: float

    @property
    def probability(self) -> float:
        """0..1."""
        return probability(self.log_odds)


Ranking = Mapping[str, Sequence[Scored]]


def rank(view: Viewpoint, scorer: Scorer, extra: Mapping[Candidate, Features]) -> Ranking:
    """The best candidates of every scalar field, best first.

    `extra` adds features that come from elsewhere (such as standing inside a table's rows).
    """
    ranking = {spec.name: _ranked(view, spec, scorer, extra) for spec in view.schema.fields}
    for rule in view.schema.rules.sums:
        ranking = _with_sum(ranking, rule, view.schema, scorer)
    return _without_clashes(ranking, view.schema, scorer)


def _ranked(
    view: Viewpoint, spec: FieldSpec, scorer: Scorer, extra: Mapping[Candidate, Features]
) -> Sequence[Scored]:
    scored: list[Scored] = []
    for candidate in kind_candidates(view, spec):
        features = {
            **features_of(view, spec.name, spec, candidate),
            **extra.get(candidate, {}),
        }
        scored.append(Scored(candidate, features, scorer.score(spec.kind, features)))
    return _best(scored)


def _best(scored: Sequence[Scored]) -> Sequence[Scored]:
    """The best of each value, best first."""
    kept: dict[str, Scored] = {}
    for item in sorted(scored, key=lambda item: -item.log_odds):
        kept.setdefault(item.candidate.value, item)
    return list(kept.values())[:MOST_KEPT]


def _rescored(item: Scored, spec: FieldSpec, scorer: Scorer, **features: float) -> Scored:
    merged = {**item.features, **features}
    return replace(item, features=merged, log_odds=scorer.score(spec.kind, merged))


def _with_sum(
    ranking: Ranking, rule: SumRule, schema: DocumentSchema, scorer: Scorer
) -> dict[str, Sequence[Scored]]:
    """Raises the candidates that together fulfil the rule."""
    result = dict(ranking)
    paths = (rule.total, *rule.parts)
    specs = {spec.name: spec for spec in schema.fields}
    if not all(path in ranking and ranking[path] for path in paths):
        return result
    best = max(_fulfilling(ranking, rule), key=lambda item: item[0], default=None)
    if best is None:
        return result
    for path, chosen in zip(paths, best[1], strict=True):
        raised = _rescored(chosen, specs[path], scorer, sums=best[2])
        others = [item for item in ranking[path] if item is not chosen]
        result[path] = sorted((raised, *others), key=lambda item: -item.log_odds)
    return result


def _fulfilling(ranking: Ranking, rule: SumRule) -> Iterator[tuple[float, Sequence[Scored], float]]:
    """(plausibility, candidates of total and parts, weight 0..1) of every sum that comes out.

    A sum with a zero part says little: any amount equals itself plus zero.
    """
    for total in ranking[rule.total]:
        wanted = Decimal(total.candidate.value)
        for parts in product(*(ranking[path] for path in rule.parts)):
            values = [Decimal(part.candidate.value) for part in parts]
            if wanted == 0 or abs(sum(values) - wanted) > CENTS:
                continue
            if len({item.candidate.tokens for item in (total, *parts)}) < len(parts) + 1:
                continue
            weight = 0.4 if 0 in values else 1.0
            plausible = total.log_odds + sum(part.log_odds for part in parts) + 3 * weight
            yield plausible, (total, *parts), weight


def _without_clashes(
    ranking: Ranking, schema: DocumentSchema, scorer: Scorer
) -> dict[str, Sequence[Scored]]:
    """Lowers candidates whose words already answer a likelier field with another label."""
    result: dict[str, Sequence[Scored]] = {}
    owners: set[Candidate | str] = set()
    order = sorted(schema.fields, key=lambda spec: -_top(ranking[spec.name]))
    for spec in order:
        items = [
            _rescored(item, spec, scorer, taken=1.0) if _owned(item) in owners else item
            for item in ranking[spec.name]
        ]
        result[spec.name] = sorted(items, key=lambda item: -item.log_odds)
        if result[spec.name] and result[spec.name][0].probability >= MIN_PROBABILITY:
            owners.add(_owned(result[spec.name][0]))
    return result


def _owned(item: Scored) -> Candidate | str:
    """What one field has and no other: its words; for a name, wherever it is printed."""
    named = item.candidate.kind is FieldKind.NAME
    return folded(item.candidate.value) if named else item.candidate


def _top(items: Sequence[Scored]) -> float:
    return items[0].log_odds if items else float("-inf")
