"""Asking a model about a picture, with everything that came of it on record."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import perf_counter

from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from docmill.extractors.ocr.vlm.chat import ChatAnswer, ChatClient, ChatRequest
from docmill.extractors.ocr.vlm.confidence import CharacterScores
from docmill.extractors.ocr.vlm.model import VlmModel
from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.extractors.ocr.vlm.regions import ParsedAnswer
from docmill.extractors.ocr.vlm.tries import RetryPolicy, Rung, Try
from docmill.extractors.ocr.vlm.trouble import Trouble, TroubleKind, has_text, trouble_with
from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import (
    BadOutput,
    DocmillError,
    EngineError,
    EngineUnavailable,
    PictureTooLarge,
)
from docmill.schemas.geometry import Box
from docmill.schemas.outcome import ModelCall, Stage


@dataclass(frozen=True)
class Said:
    """What a model said, read and judged; boxes are in 0..1 of the picture it was shown.

    `trouble` is None where it may be believed. `scores` is None without probabilities.
    """

    raw: str
    parsed: ParsedAnswer
    scores: CharacterScores | None
    trouble: Trouble | None

    @property
    def letters(self) -> int:
        """How much text there is."""
        return sum(len(region.text) for region in self.parsed.regions)


def nothing(trouble: Trouble | None = None) -> Said:
    """What is known where no answer came, or none was needed."""
    return Said("", ParsedAnswer((), complete=trouble is None), None, trouble)


@dataclass(frozen=True)
class Step:
    """One question: what is asked about, and what is done differently from the first time.

    `part` is where the picture lies on the page, None for all of it. `whole` is False where the
    model sees but a part of the picture, so that it may well hold no words. `watched`: the server
    may stop an answer that repeats itself.
    """

    model: VlmModel
    picture: PagePicture
    rung: Rung = Rung.AS_IT_IS
    temperature: float | None = None
    scale: float = 1.0
    part: Box | None = None
    whole: bool = True
    watched: bool = True

    @property
    def printed(self) -> Sequence[str]:
        """The words that are known to stand on the picture."""
        return [word.text for word in self.picture.words if word.visible]


@dataclass
class Asking:
    """Asks for one page, and keeps the record of it: tries, and calls to the model."""

    tag: EngineTag
    page: int
    client: ChatClient
    policy: RetryPolicy
    tries: list[Try] = field(default_factory=list[Try])
    calls: list[ModelCall] = field(default_factory=list[ModelCall])

    async def ask(self, step: Step) -> Said:
        """What the model says; asked again, with growing pauses, while its server is away.

        Raises:
            EngineUnavailable: the server stayed away for longer than the policy allows.
        """
        if step.rung is not Rung.AS_IT_IS and self._retries >= self.policy.max_retries:
            return nothing(Trouble(TroubleKind.GIVEN_UP, f"{self._retries} retries were made"))
        request = self.policy.changed(
            step.model.request(step.picture), step.temperature, watched=step.watched
        )
        again = AsyncRetrying(
            retry=retry_if_exception_type(EngineUnavailable),
            stop=stop_after_attempt(self.policy.server_tries)
            | stop_after_delay(self.policy.patience_s),
            wait=wait_random_exponential(self.policy.first_pause_s, self.policy.longest_pause_s),
            reraise=True,
        )
        return await again(self._once, step, request)

    @property
    def _retries(self) -> int:
        return sum(one.rung is not Rung.AS_IT_IS and not one.server for one in self.tries)

    async def _once(self, step: Step, request: ChatRequest) -> Said:
        begun, called_at = perf_counter(), datetime.now(UTC)
        answer: ChatAnswer | None = None
        error: EngineError | None = None
        try:
            answer = await self.client.ask(request)
            said = await asyncio.to_thread(_read, answer, request, step)
        except PictureTooLarge as caught:
            said, error = nothing(Trouble(TroubleKind.TOO_LARGE, caught.message)), caught
        except BadOutput as caught:
            said, error = nothing(Trouble(TroubleKind.BAD_OUTPUT, caught.message)), caught
        except EngineUnavailable as caught:
            self._record(step, request, answer, caught, called_at, perf_counter() - begun)
            raise
        self._record(
            step, request, answer, error or said.trouble, called_at, perf_counter() - begun
        )
        return said

    def _record(
        self,
        step: Step,
        request: ChatRequest,
        answer: ChatAnswer | None,
        wrong: Trouble | EngineError | None,
        called_at: datetime,
        seconds: float,
    ) -> None:
        attempt = len(self.tries) + 1
        self.tries.append(
            Try(
                attempt=attempt,
                rung=step.rung,
                temperature=step.temperature,
                scale=step.scale,
                part=step.part,
                seconds=seconds,
                error=None if wrong is None else str(wrong),
                server=isinstance(wrong, EngineUnavailable),
            )
        )
        self.calls.append(
            ModelCall(
                call_id=uuid.uuid4().hex,
                stage=Stage.READ,
                engine=self.tag,
                page=self.page,
                output_key=None,
                prompt_hash=hashlib.sha256(request.prompt.encode()).hexdigest()[:16],
                input_tokens=answer.input_tokens if answer else 0,
                cached_tokens=answer.cached_tokens if answer else 0,
                output_tokens=answer.output_tokens if answer else 0,
                price_usd=0.0,
                seconds=seconds,
                attempt=attempt,
                error=_named(wrong),
                called_at=called_at,
            )
        )


def _named(wrong: Trouble | DocmillError | None) -> str | None:
    match wrong:
        case None:
            return None
        case Trouble():
            return f"{wrong.kind}: {wrong.detail}"
        case DocmillError():
            return f"{type(wrong).__name__}: {wrong.message}"


def _read(answer: ChatAnswer, request: ChatRequest, step: Step) -> Said:
    """What an answer says; of one that loops, what stands before its second round."""
    parsed = step.model.parsed(answer.text, step.picture)
    trouble = trouble_with(answer, parsed, request, step.printed, whole=step.whole)
    if trouble and trouble.loop:
        start, end = trouble.loop.span
        once = start + (end - start) // trouble.loop.count
        answer = replace(answer, text=answer.text[:once])
        parsed = step.model.parsed(answer.text, step.picture)
    scores = CharacterScores.of(answer)
    if answer.tokens and scores is None and has_text(parsed):
        finding = "the server's probabilities are not of its text"
        parsed = replace(parsed, findings=(*parsed.findings, finding))
    return Said(answer.text, parsed, scores, trouble)
