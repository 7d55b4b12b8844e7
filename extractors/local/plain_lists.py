"""Lists of plain values (the parties of a contract, say): from running text and beside labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docmill.extractors.fold import folded
from docmill.extractors.local.candidates import Candidate
from docmill.extractors.local.choose import Scored
from docmill.extractors.local.features import Viewpoint, features_of, kind_candidates
from docmill.extractors.local.scorer import Scorer
from docmill.extractors.values.parties import without_legal_form
from docmill.schemas.document_schema import FieldKind, ListSpec

# More values than this are rather a misunderstanding.
MOST_VALUES = 40
# A list has no best value to fall back on, so each must be likely by itself.
MIN_LISTED = 0.5
# Every cue or label that names the same value again adds to its log-odds.
AGAIN = 0.7


@dataclass(frozen=True, eq=False)
class _Group:
    """All mentions of one value, the best first."""

    mentions: Sequence[Scored]

    @property
    def best(self) -> Scored:
        return self.mentions[0]

    @property
    def place(self) -> tuple[int, int]:
        """Page and word of the first mention."""
        return min((m.candidate.tokens[0].page, m.candidate.tokens[0].index) for m in self.mentions)


def find_plain(view: Viewpoint, rows: ListSpec, scorer: Scorer) -> list[Scored]:
    """The values of a plain list in the order of mention, each once."""
    path = f"{rows.name}[]"
    spec = rows.fields[0].model_copy(update={"name": path})
    scored: list[Scored] = []
    for candidate in kind_candidates(view, spec):
        features = features_of(view, path, spec, candidate)
        if features.get("cue", 0.0) or max(features["beside"], features["below"]) > 0.5:
            scored.append(Scored(candidate, features, scorer.score(spec.kind, features)))
    groups = [_raised(group) for group in _groups(scored)]
    likely = [group for group in groups if group.best.probability >= MIN_LISTED]
    return [group.best for group in sorted(likely, key=lambda group: group.place)][:MOST_VALUES]


def _groups(scored: Sequence[Scored]) -> Iterator[_Group]:
    """Mentions by value; a name with and without its legal form is one."""
    by_key: dict[str, list[Scored]] = {}
    for item in sorted(scored, key=lambda item: -len(_key(item.candidate))):
        key = _key(item.candidate)
        known = next((other for other in by_key if _same(other, key, item.candidate)), key)
        by_key.setdefault(known, []).append(item)
    for mentions in by_key.values():
        yield _Group(sorted(mentions, key=_fullness))


def _key(candidate: Candidate) -> str:
    if candidate.kind is FieldKind.NAME:
        return folded(without_legal_form(candidate.value)) or folded(candidate.value)
    return candidate.value


def _same(known: str, key: str, candidate: Candidate) -> bool:
    return known == key or (candidate.kind is FieldKind.NAME and known.startswith(key))


def _fullness(item: Scored) -> tuple[float, float]:
    """The name with its legal form comes first, then the likeliest."""
    return (-item.features.get("legal_form", 0.0), -item.log_odds)


def _raised(group: _Group) -> _Group:
    best = max(item.log_odds for item in group.mentions)
    places = len({item.candidate.tokens for item in group.mentions})
    raised = Scored(group.best.candidate, group.best.features, best + AGAIN * min(3, places - 1))
    return _Group((raised, *group.mentions[1:]))
