"""What can be wrong with an answer, found before any of its text is believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from docmill.extractors.ocr.vlm.chat import ChatAnswer, ChatRequest, Finish
from docmill.extractors.ocr.vlm.loops import Loop, fills_space, loop_at_end, loop_in
from docmill.extractors.ocr.vlm.regions import ParsedAnswer
from docmill.schemas.page import PageStatus

MIN_PRINTED = 3
"""So many words must be known to stand on a page before an answer without text is wrong."""


class TroubleKind(StrEnum):
    """What is wrong.

    `STOPPED`: the server took marks that fill space (empty cells, dots) for a loop. `TOO_LONG`:
    the answer reached the most tokens that it may have. `NO_ROOM`: it filled the model's context
    before. `BROKEN_OFF`: it ends in the middle of something. `EMPTY`: no text, though words stand
    there, or nothing at all. `BAD_OUTPUT`: no answer, or the request was refused. `TOO_LARGE`: the
    picture has more tokens than the server takes. `UNPLACED`: text, of which nothing has a place.
    `GIVEN_UP`: the policy allows no further try.
    """

    LOOPING = "looping"
    STOPPED = "stopped"
    TOO_LONG = "too_long"
    NO_ROOM = "no_room"
    BROKEN_OFF = "broken_off"
    EMPTY = "empty"
    BAD_OUTPUT = "bad_output"
    TOO_LARGE = "too_large"
    UNPLACED = "unplaced"
    GIVEN_UP = "given_up"

    @property
    def status(self) -> PageStatus:
        """What a page is that nothing better became of."""
        match self:
            case TroubleKind.LOOPING | TroubleKind.STOPPED:
                return PageStatus.LOOPING
            case TroubleKind.TOO_LONG | TroubleKind.NO_ROOM | TroubleKind.BROKEN_OFF:
                return PageStatus.TRUNCATED
            case TroubleKind.EMPTY:
                return PageStatus.NO_TEXT
            case _:
                return PageStatus.FAILED


@dataclass(frozen=True)
class Trouble:
    """What is wrong, in words; `loop` where it is one that was found."""

    kind: TroubleKind
    detail: str
    loop: Loop | None = None

    def __str__(self) -> str:
        """The detail alone."""
        return self.detail


def trouble_with(
    answer: ChatAnswer,
    parsed: ParsedAnswer,
    request: ChatRequest,
    printed: Sequence[str],
    *,
    whole: bool = True,
) -> Trouble | None:
    """What is wrong with an answer; None where it may be believed.

    Args:
        answer: what came back.
        parsed: the same, read.
        request: what it answers.
        printed: the words that are known to stand on the picture.
        whole: whether the model was shown all of the picture, or a part of it.
    """
    found = _loop(answer, printed) or _break(answer, parsed, request)
    return found or (_gap(parsed, printed) if whole else None)


def _loop(answer: ChatAnswer, printed: Sequence[str]) -> Trouble | None:
    loop = loop_in(answer.text, printed)
    if loop is None and answer.finish is Finish.REPETITION:
        loop = loop_at_end(answer.text, share=0.0)
        if loop is not None and fills_space(loop, answer.text):
            return Trouble(TroubleKind.STOPPED, f"the server stopped it at {loop}")
    if loop is None and answer.finish is Finish.LENGTH:
        loop = loop_at_end(answer.text)
    if loop is not None:
        return Trouble(TroubleKind.LOOPING, f"it repeated {loop}", loop)
    if answer.finish is Finish.REPETITION:
        return Trouble(TroubleKind.LOOPING, "the server stopped it for repeating itself")
    return None


def _break(answer: ChatAnswer, parsed: ParsedAnswer, request: ChatRequest) -> Trouble | None:
    said = f"after {answer.output_tokens} tokens"
    if answer.finish is Finish.LENGTH and answer.output_tokens < request.max_tokens:
        return Trouble(TroubleKind.NO_ROOM, f"the model's context was full {said}")
    if answer.finish is Finish.LENGTH:
        return Trouble(TroubleKind.TOO_LONG, f"it was not done {said}")
    if answer.finish is Finish.ABORTED:
        return Trouble(TroubleKind.BROKEN_OFF, f"the server broke it off {said}")
    if not parsed.complete and not answer.text.strip():
        return Trouble(TroubleKind.EMPTY, "its answer is empty")
    if not parsed.complete:
        why = f": {parsed.findings[-1]}" if parsed.findings else ""
        return Trouble(TroubleKind.BROKEN_OFF, f"its answer is incomplete{why}")
    return None


def _gap(parsed: ParsedAnswer, printed: Sequence[str]) -> Trouble | None:
    words = [word for word in printed if any(map(str.isalnum, word))]
    if len(words) < MIN_PRINTED or has_text(parsed):
        return None
    return Trouble(TroubleKind.EMPTY, f"it read nothing where {len(words)} words stand")


def has_text(parsed: ParsedAnswer) -> bool:
    """Whether a letter or digit was read."""
    return any(letter.isalnum() for region in parsed.regions for letter in region.text)
