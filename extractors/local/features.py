"""Features of a (field, candidate) pair: what a scorer may look at, each with a plain meaning."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from rapidfuzz import fuzz

from docmill.extractors.fold import fold, folded
from docmill.extractors.local.candidates import Candidate, Scene
from docmill.extractors.local.context import Tie, ties_of
from docmill.schemas.document_schema import DocumentSchema, FieldKind, FieldSpec, Role

Features = Mapping[str, float]

ROLL_WIDTH = 0.65
"""Width of a page over its height below which it came off a roll; A4 has 0.71."""

_FROM = frozenset(["from", "start", "begin", "starts", "since", "von", "de", "desde", "dal", "van"])
_TO = frozenset(
    ["to", "end", "until", "through", "thru", "ends", "till", "bis", "hasta", "al", "tot"]
)
HOST = re.compile(r"(?:www\.|https?://|@)(?:www\.)?([\w-]+)\.[a-z]{2,}", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Viewpoint:
    """Everything that features are taken from, for one document part and one schema."""

    scene: Scene
    schema: DocumentSchema

    @cached_property
    def ties(self) -> Mapping[Candidate, list[Tie]]:
        """Label ties by candidate."""
        return ties_of(self.scene)

    @cached_property
    def counts(self) -> Counter[tuple[FieldKind, str]]:
        """How often each value stands in the document."""
        return Counter((c.kind, folded(c.value)) for c in self.scene.candidates)

    @cached_property
    def hosts(self) -> frozenset[str]:
        """Names in web and mail addresses: `www.acme.example` -> `acme`."""
        return frozenset(host.lower() for host in HOST.findall(self.scene.layout.text))

    @cached_property
    def largest(self) -> Decimal | None:
        """The largest amount written like money."""
        amounts = [
            Decimal(c.value)
            for c in self.scene.by_kind.get(FieldKind.AMOUNT, ())
            if c.traits["two_decimals"] or c.traits["currency"]
        ]
        return max(amounts, default=None)

    @cached_property
    def distinct(self) -> Mapping[FieldKind, int]:
        """How many different values of each kind stand in the document."""
        return Counter(kind for kind, _ in self.counts)

    @cached_property
    def first_of_kind(self) -> Mapping[FieldKind, Candidate]:
        """The first candidate of each kind in reading order."""
        return {kind: found[0] for kind, found in self.scene.by_kind.items()}

    @cached_property
    def kinds_by_path(self) -> Mapping[str, FieldKind]:
        """The kind of every field."""
        return {path: spec.kind for path, spec in self.schema.paths()}


def features_of(view: Viewpoint, path: str, spec: FieldSpec, candidate: Candidate) -> Features:
    """The features of `candidate` as the value of the field at `path`."""
    beside, below, rival = _label_features(view, path, candidate)
    return {
        "beside": beside,
        "below": below,
        "unlabelled": float(max(beside, below) < 0.05 and candidate.cue is None),
        "rival": rival,
        "uncued": float(bool(spec.cues) and candidate.cue is None and max(beside, below) < 0.3),
        **{name: value for name, value in candidate.traits.items() if name != "range"},
        **_place(view, candidate),
        **_repeats(view, candidate),
        **_title(view, spec, candidate),
        **_kind_features(view, spec, candidate),
    }


def _label_features(view: Viewpoint, path: str, candidate: Candidate) -> tuple[float, float, float]:
    """Closest own label beside and below, and how much closer another field's label is."""
    beside = below = rival = 0.0
    kind = view.kinds_by_path[path]
    for tie in view.ties.get(candidate, ()):
        if path in tie.hit.paths:
            if tie.beside:
                beside = max(beside, tie.closeness)
            else:
                below = max(below, tie.closeness)
        elif any(view.kinds_by_path.get(other) == kind for other in tie.hit.paths):
            rival = max(rival, tie.closeness)
    return beside, below, max(0.0, rival - max(beside, below))


def _place(view: Viewpoint, candidate: Candidate) -> Features:
    layout = view.scene.layout
    page = layout.page(candidate.tokens[0].page)
    first = layout.pages[0].text.page == candidate.tokens[0].page
    y = candidate.tokens[0].middle / page.height
    size = candidate.tokens[0].height / page.line_height
    return {
        "first_page": float(first),
        "top": float(first) * max(0.0, 1 - 2 * y),
        "footer": float(y > 0.85),
        "large": min(1.0, max(0.0, (size - 1.1) / 0.6)),
    }


def _title(view: Viewpoint, spec: FieldSpec, candidate: Candidate) -> Features:
    """Standing in the title's line, for the fields that identify the document itself."""
    if spec.kind not in (FieldKind.IDENTIFIER, FieldKind.DATE):
        return {}
    words = set(fold(spec.name.replace("_", " ")))
    own = view.schema.name in words or words <= {"date", "number"}
    row = (candidate.segment.page, candidate.segment.row)
    first = candidate is view.first_of_kind.get(candidate.kind)
    return {
        "in_title": float(own and row in view.scene.title_rows),
        "first": float(own and first),
        "only": float(own and view.distinct.get(candidate.kind, 0) == 1),
    }


def _repeats(view: Viewpoint, candidate: Candidate) -> Features:
    count = view.counts[candidate.kind, folded(candidate.value)]
    return {"repeated": min(1.0, (count - 1) / 3)}


def _kind_features(view: Viewpoint, spec: FieldSpec, candidate: Candidate) -> Features:
    match spec.kind:
        case FieldKind.DATE:
            return {"range": _range(spec, candidate), "dateline": _dateline(view, spec, candidate)}
        case FieldKind.AMOUNT:
            return {"largest": float(Decimal(candidate.value) == view.largest)}
        case FieldKind.NAME:
            return {**_role(view, spec, candidate), "host": _host(view, candidate)}
        case FieldKind.ADDRESS | FieldKind.VAT_ID | FieldKind.IBAN:
            return _role(view, spec, candidate)
        case _:
            return {}


def _range(spec: FieldSpec, candidate: Candidate) -> float:
    """1 where the field asks for this side of `from - to`, -1 for the other.

    -0.5 in a range although the field asks for none.
    """
    side = candidate.traits["range"]
    words = set(fold(spec.name.replace("_", " ")))
    wanted = -1.0 if words & _FROM else 1.0 if words & _TO else 0.0
    return side * wanted if wanted else -0.5 * abs(side)


def _dateline(view: Viewpoint, spec: FieldSpec, candidate: Candidate) -> float:
    """1 for a date alone in its line in the first page's upper half: the date of a letter.

    Only for fields that stand in running text; elsewhere labels say more.
    """
    page = view.scene.layout.pages[0]
    row = candidate.segment.row
    alone = candidate.segment.page == page.text.page and len(page.rows[row].tokens) == len(
        candidate.tokens
    )
    return float(bool(spec.cues) and alone and candidate.segment.y1 < page.height / 2)


def _role(view: Viewpoint, spec: FieldSpec, candidate: Candidate) -> Features:
    """Whose it is by place: letterhead and footer are the issuer's, the window the recipient's."""
    if spec.role is None:
        return {}
    page = view.scene.layout.page(candidate.tokens[0].page)
    y = candidate.tokens[0].middle / page.height
    x = candidate.tokens[0].x0 / page.width
    first = view.scene.layout.pages[0].text.page == candidate.tokens[0].page
    if spec.role is Role.ISSUER:
        place = float(first) * float(y < 0.2) + 0.5 * float(y > 0.85)
        roll = page.width < ROLL_WIDTH * page.height
        return {"issuer_place": place, "roll_head": candidate.traits.get("masthead", 0.0) * roll}
    one_line = candidate.traits.get("one_line", 0.0)
    window = float(first) * float(0.1 < y < 0.4) * float(x < 0.45)
    return {"recipient_place": window * (1 - one_line), "issuer_line": one_line}


def _host(view: Viewpoint, candidate: Candidate) -> float:
    """How well a name fits the web and mail addresses on the page."""
    name = folded(candidate.value)
    best = max((fuzz.partial_ratio(host, name) for host in view.hosts if len(host) > 3), default=0)
    return max(0.0, (best - 70) / 30)


def kind_candidates(view: Viewpoint, spec: FieldSpec) -> Sequence[Candidate]:
    """The candidates that can be a value of this field."""
    kind = _READ_AS.get(spec.kind, spec.kind)
    found = [
        candidate
        for candidate in view.scene.by_kind.get(kind, ())
        if candidate.cue is None or candidate.cue.path == spec.name
    ]
    if spec.pattern is not None:
        shape = re.compile(spec.pattern)
        return [candidate for candidate in found if shape.search(candidate.value)]
    return found


# Kinds that have no candidates of their own.
_READ_AS = {FieldKind.CHOICE: FieldKind.TEXT, FieldKind.BOOLEAN: FieldKind.TEXT}
