"""How sure the model was of what it wrote: from tokens to characters to stretches of an answer.

The probability of a token says how sure the model was of it given the picture and what it had
written before; nobody calibrated it. Markup and coordinates are scored apart from content, since
a model is nearly always sure of its tags, and they would hide a doubtful digit among them.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import accumulate
from math import exp, fsum
from typing import NamedTuple

from docmill.extractors.ocr.vlm.chat import ChatAnswer, Token
from docmill.schemas.page import TokenScore

_NO_PIECE = -1


class Part(IntEnum):
    """What a character of an answer is.

    `CONTENT` is what stands on the page, with the text of pictures (`alt`) and the state of
    tick boxes; `COORDINATES` are the digits of `data-bbox`; `MARKUP` is all else, white space too.
    """

    CONTENT = 0
    COORDINATES = 1
    MARKUP = 2


class Piece(NamedTuple):
    """The least run of tokens that begins and ends between characters; most are one token."""

    text: str
    logprob: float
    margin: float | None


@dataclass(frozen=True)
class CharacterScores:
    """The scores of an answer's characters.

    Piece i covers the characters from `starts[i]` to `ends[i]` (exclusive); pieces are in order.
    `parts[c]` is the `Part` of character c. `mode` is the server's log-probability mode: scores of
    different modes are not comparable.
    """

    parts: bytes
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    pieces: tuple[Piece, ...]
    mode: str | None

    @classmethod
    def of(cls, answer: ChatAnswer) -> CharacterScores | None:
        """The scores of an answer; None without probabilities, or where they are of another text.

        Tokens are bytes: characters may be spread over several, whose probabilities are
        multiplied. Special tokens and outer white space, which servers cut off, are passed over.
        """
        pieces = tuple(_pieces(answer.tokens))
        spans = _spans(pieces, answer.text)
        if spans is None:
            return None
        found = [(*span, piece) for span, piece in zip(spans, pieces, strict=True) if span]
        return cls(
            parts=parts_of(answer.text),
            starts=tuple(start for start, _, _ in found),
            ends=tuple(end for _, end, _ in found),
            pieces=tuple(piece for _, _, piece in found),
            mode=answer.logprobs_mode,
        )

    @classmethod
    def joined(
        cls, raw: str, answers: Sequence[tuple[str, CharacterScores | None]]
    ) -> CharacterScores | None:
        """The scores of several answers in a row; None where there are none, or of two modes.

        Args:
            raw: the answers as one, with whatever stands between them.
            answers: each answer's text with its scores; None for one without.
        """
        moved: list[tuple[int, CharacterScores]] = []
        at = 0
        for text, found in answers:
            at = raw.index(text, at)
            if found is not None:
                moved.append((at, found))
            at += len(text)
        modes = {found.mode for _, found in moved}
        if len(modes) != 1:
            return None
        return cls(
            parts=parts_of(raw),
            starts=tuple(by + start for by, found in moved for start in found.starts),
            ends=tuple(by + end for by, found in moved for end in found.ends),
            pieces=tuple(piece for _, found in moved for piece in found.pieces),
            mode=modes.pop(),
        )

    def over(self, span: tuple[int, int], part: Part = Part.CONTENT) -> TokenScore | None:
        """The score of what is of `part` within the characters of `span` (end exclusive).

        None where nothing there is of it, or a character of it has no probability.
        """
        return self.over_all((span,), part)

    def over_all(
        self, spans: Iterable[tuple[int, int]], part: Part = Part.CONTENT
    ) -> TokenScore | None:
        """The same over several stretches; a token that reaches into two counts once."""
        used: list[int] = []
        for span in spans:
            found = self._within(span, part)
            if found is None:
                return None
            used += found
        return _score([self.pieces[index] for index in dict.fromkeys(used)])

    def _within(self, span: tuple[int, int], part: Part) -> list[int] | None:
        """The piece of each character of `part` in `span`; None where one has none."""
        kinds, found = self.parts[slice(*span)], self._piece_at[slice(*span)]
        if kinds.count(part) < len(kinds):
            found = [piece for piece, kind in zip(found, kinds, strict=True) if kind == part]
        return None if _NO_PIECE in found else found

    @cached_property
    def _piece_at(self) -> list[int]:
        """The number of every character's piece."""
        found = [_NO_PIECE] * len(self.parts)
        for number, (start, end) in enumerate(zip(self.starts, self.ends, strict=True)):
            found[start:end] = [number] * (end - start)
        return found


def _score(pieces: Sequence[Piece]) -> TokenScore | None:
    if not pieces:
        return None
    logprobs = [piece.logprob for piece in pieces]
    margins = [piece.margin for piece in pieces if piece.margin is not None]
    return TokenScore(
        minimum=_probability(min(logprobs)),
        mean=_probability(fsum(logprobs) / len(logprobs)),
        margin=min(margins) if len(margins) == len(pieces) else None,
    )


def _probability(logprob: float) -> float:
    return exp(min(logprob, 0.0))  # rounding makes some a little larger than certain


def _pieces(tokens: Sequence[Token]) -> Iterator[Piece]:
    """Tokens joined until they end with a whole character; broken bytes become U+FFFD."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text, group = "", list[Token]()
    for number, token in enumerate(tokens, start=1):
        if not group and (whole := _decoded(token.text)) is not None:
            yield Piece(whole, token.logprob, token.margin)
            continue
        text += decoder.decode(token.text, final=number == len(tokens))
        group.append(token)
        if not decoder.getstate()[0]:
            margins = [part.margin for part in group if part.margin is not None]
            yield Piece(
                text=text,
                logprob=sum(part.logprob for part in group),
                margin=min(margins) if len(margins) == len(group) else None,
            )
            text, group = "", []


def _decoded(text: bytes) -> str | None:
    """The text of a token, None where it begins or ends in the middle of a character."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return None


def _spans(pieces: Sequence[Piece], text: str) -> list[tuple[int, int] | None] | None:
    """Where each piece stands in the text, None for those that do not; None if they do not fit."""
    written = "".join(piece.text for piece in pieces)
    if not text or not written:
        return None
    before = written.find(text)
    if before < 0:
        return _without_specials(pieces, text)
    ends = [end - before for end in accumulate(len(piece.text) for piece in pieces)]
    starts = [-before, *ends[:-1]]
    clipped = [
        (max(start, 0), min(end, len(text))) for start, end in zip(starts, ends, strict=True)
    ]
    return [(start, end) if start < end else None for start, end in clipped]


def _without_specials(pieces: Sequence[Piece], text: str) -> list[tuple[int, int] | None] | None:
    """The same where the server left special tokens out of the middle of the text."""
    spans: list[tuple[int, int] | None] = []
    at = 0
    for piece in pieces:
        stands = bool(piece.text) and text.startswith(piece.text, at)
        spans.append((at, at + len(piece.text)) if stands else None)
        at += len(piece.text) if stands else 0
    return spans if at == len(text) else None


_TAG = re.compile(r"""<[/!]?[A-Za-z](?:"[^"]*"|'[^']*'|[^'"<>])*>""")
_BBOX = re.compile(r"""\bdata-bbox\s*=\s*["']?([^"'>]*)""")
_SEEN = re.compile(r"""\b(?:alt|value)\s*=\s*(?:"([^"]*)"|'([^']*)')|(?<=^<input)(.*)(?=>)""", re.S)
_DIGITS, _WORD, _SPACE = re.compile(r"\d+"), re.compile(r"\S+"), re.compile(r"\s+")
_MARKDOWN = re.compile(r"^#{1,6}(?=\s)|^[ \t|:-]*\|[ \t|:-]*$|\||\*\*|\$\$", re.M)


def parts_of(raw: str) -> bytes:
    """For every character of an answer (HTML or Markdown), its `Part`."""
    parts = bytearray((Part.CONTENT,)) * len(raw)
    for space in _SPACE.finditer(raw):
        _set(parts, space.span(), Part.MARKUP)
    for mark in _MARKDOWN.finditer(raw):
        _set(parts, mark.span(), Part.MARKUP)
    for tag in _TAG.finditer(raw):
        _set(parts, tag.span(), Part.MARKUP)
        for bbox in _BBOX.finditer(tag.group()):
            _set_all(parts, raw, _DIGITS, _moved(bbox.span(1), tag.start()), Part.COORDINATES)
        for seen in _SEEN.finditer(tag.group()):
            span = _moved(seen.span(seen.lastindex or 0), tag.start())
            _set_all(parts, raw, _WORD, span, Part.CONTENT)
    return bytes(parts)


def _set_all(
    parts: bytearray, raw: str, what: re.Pattern[str], span: tuple[int, int], part: Part
) -> None:
    for found in what.finditer(raw, *span):
        _set(parts, found.span(), part)


def _moved(span: tuple[int, int], by: int) -> tuple[int, int]:
    return span[0] + by, span[1] + by


def _set(parts: bytearray, span: tuple[int, int], part: Part) -> None:
    parts[span[0] : span[1]] = bytes((part,)) * (span[1] - span[0])
