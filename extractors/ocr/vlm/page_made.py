"""The page that a model's answer makes: words with boxes and confidences, status and findings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from statistics import fmean

from docmill.extractors.ocr.vlm.asking import Said
from docmill.extractors.ocr.vlm.page_scores import Aligned, PageScores, page_scores
from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.extractors.ocr.vlm.regions import Region
from docmill.extractors.ocr.vlm.ticks import ticked
from docmill.extractors.ocr.vlm.tries import Rung, Try
from docmill.extractors.ocr.vlm.trouble import Trouble, TroubleKind, has_text
from docmill.schemas.engine import EngineTag
from docmill.schemas.page import Block, ModelScores, PageStatus, PageText, TokenScore, Word

Align = Callable[[PagePicture, Sequence[Region]], Aligned]
"""Gives the text of a page's regions the boxes of the words that are known to stand there."""

UNKNOWN_MODE = "unknown"
"""`PageText.logprobs_mode` where the server did not say what its probabilities are of."""


def made(
    picture: PagePicture, tag: EngineTag, said: Said, align: Align, tries: Sequence[Try]
) -> tuple[PageText, PageScores | None, Trouble | None]:
    """The page that an answer makes, its scores, and what is wrong with it all the same."""
    aligned = align(picture, said.parsed.regions)
    trouble = said.trouble
    if trouble is None and has_text(said.parsed) and not aligned.words:
        trouble = Trouble(TroubleKind.UNPLACED, "nothing that it read has a place on the page")
    read = PageStatus.OK if aligned.words else PageStatus.NO_TEXT
    page = page_of(picture, tag, trouble.kind.status if trouble else read)
    scores = said.scores and page_scores(aligned, said.parsed.regions, said.raw, said.scores)
    words, blocks = _with_confidence(aligned, scores)
    known = [word.confidence for word in words if word.confidence is not None]
    page = page.model_copy(
        update={
            "words": words,
            "blocks": blocks,
            "tables": tuple(aligned.tables),
            "form_fields": (
                *page.form_fields,
                *ticked(said.parsed.regions, aligned, page.form_fields),
            ),
            "mean_confidence": fmean(known) if known else None,
            "logprobs_mode": (scores.mode or UNKNOWN_MODE) if scores else None,
            "model_scores": scores and _kept(scores),
            "findings": (
                *picture.findings,
                *_story(tries, trouble),
                *said.parsed.findings,
                *aligned.findings,
            ),
        }
    )
    return page, scores, trouble


def page_of(picture: PagePicture, tag: EngineTag, status: PageStatus) -> PageText:
    """A page of which nothing is known yet but how its reading ended."""
    return PageText(
        document_id=picture.document_id,
        page=picture.page,
        width_px=picture.width_px,
        height_px=picture.height_px,
        rotation=picture.rotation,
        upright=picture.upright,
        engine=tag,
        status=status,
        form_fields=picture.form_fields,
        image_hash=picture.image_hash,
        findings=picture.findings,
    )


def _with_confidence(
    aligned: Aligned, scores: PageScores | None
) -> tuple[tuple[Word, ...], tuple[Block, ...]]:
    """Words are as sure as their least sure token, blocks as their tokens on average."""
    words = scores.words if scores else [None] * len(aligned.words)
    blocks = scores.blocks if scores else [None] * len(aligned.blocks)
    return (
        tuple(
            _as_sure_as(word, score.minimum if score else None)
            for word, score in zip(aligned.words, words, strict=True)
        ),
        tuple(
            block.model_copy(update={"confidence": score.mean if score else None})
            for block, score in zip(aligned.blocks, blocks, strict=True)
        ),
    )


def _kept(scores: PageScores) -> ModelScores:
    # Not validated, since there are thousands of them and they come from here.
    return ModelScores.model_construct(
        words=_rounded(scores.words),
        blocks=_rounded(scores.blocks),
        coordinates=_rounded(scores.coordinates),
        cells=tuple(map(_rounded, scores.cells)),
    )


def _rounded(scores: Sequence[TokenScore | None]) -> tuple[TokenScore | None, ...]:
    """Four digits: a page has hundreds of them, and the lake keeps every one."""
    return tuple(
        score
        and TokenScore(
            round(score.minimum, 4),
            round(score.mean, 4),
            None if score.margin is None else round(score.margin, 4),
        )
        for score in scores
    )


def _as_sure_as(word: Word, confidence: float | None) -> Word:
    if word.confidence == confidence:
        return word
    # Half of what `model_copy` takes, a thousand times on a dense page.
    return Word.model_validate({**vars(word), "confidence": confidence})


def _story(tries: Sequence[Try], trouble: Trouble | None) -> list[str]:
    """What was tried in vain, and how it went in the end; nothing where the first try was good.

    That the server was away is told by the tries alone: it says nothing about the page.
    """
    answered = [one for one in tries if not one.server]
    failed = [one for one in answered if one.error is not None]
    told = [
        _in_vain(list(alike)) for _, alike in groupby(failed, key=lambda one: (one.rung, one.error))
    ]
    if trouble is not None and trouble.kind is TroubleKind.UNPLACED:
        return [*told, trouble.detail]
    if trouble or not told:
        return told
    good = [one for one in answered if one.error is None]
    return [*told, f"read {max(good, key=_height)}"] if good else told


def _height(one: Try) -> tuple[int, int]:
    return list(Rung).index(one.rung), one.attempt


def _in_vain(alike: Sequence[Try]) -> str:
    times = f", {len(alike)} tries" if len(alike) > 1 else ""
    return f"{alike[0].rung.label}{times}: {alike[0].error}"
