"""Chandra OCR 2, asked as its makers ask it (the client in the package `chandra-ocr` 0.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from docmill.extractors.ocr.chandra.parse import parse
from docmill.extractors.ocr.chandra.prompt import layout_prompt
from docmill.extractors.ocr.vlm.chat import ChatRequest
from docmill.extractors.ocr.vlm.crop import cropped
from docmill.extractors.ocr.vlm.picture import PagePicture, PictureSpec
from docmill.extractors.ocr.vlm.regions import ParsedAnswer
from docmill.schemas.engine import EngineTag
from docmill.schemas.geometry import Box

VERSION: Final = "1"
MODEL_ID: Final = "datalab-to/chandra-ocr-2"
MAX_TOKENS: Final = 12_384
TOP_P: Final = 0.1

PICTURE: Final = PictureSpec(
    dpi=192,
    min_side_px=1024,
    scan_min_side_px=1536,
    max_pixels=3072 * 2048,
    multiple_of=28,
)

REPETITION: Final = {"max_pattern_size": 128, "min_pattern_size": 1, "min_count": 100}
"""From when on vLLM gives a loop up, in tokens. Empty cells of a large form repeat, too."""


@dataclass(frozen=True)
class Chandra:
    """The model `datalab-to/chandra-ocr-2`.

    `top_logprobs` is how many alternatives of each token are asked for (2 give a margin); None
    asks for no probabilities.
    """

    model_id: str = MODEL_ID
    max_tokens: int = MAX_TOKENS
    top_logprobs: int | None = 2

    @property
    def tag(self) -> EngineTag:
        """`chandra`, the version of its prompt's package with docmill's own, and the model.

        Raises:
            EngineUnavailable: the package `chandra-ocr` is not installed.
        """
        version = f"{layout_prompt().version}+{VERSION}"
        return EngineTag(name="chandra", version=version, model=self.model_id)

    @property
    def picture(self) -> PictureSpec:
        """As the official client draws pages: 192 dpi, at most 6.3 megapixels."""
        return PICTURE

    def request(self, picture: PagePicture, region: Box | None = None) -> ChatRequest:
        """The layout prompt, under the page or a part of it.

        Raises:
            EngineUnavailable: the package `chandra-ocr` is not installed.
        """
        return ChatRequest(
            image=cropped(picture, region),
            media_type="image/png",
            prompt=layout_prompt().text,
            max_tokens=self.max_tokens,
            temperature=0.0,
            top_p=TOP_P,
            options={"repetition_detection": REPETITION},
            top_logprobs=self.top_logprobs,
        )

    def parsed(self, raw: str, picture: PagePicture) -> ParsedAnswer:
        """Blocks with boxes in 0..1 of what was shown; see `parse`."""
        return parse(raw)
