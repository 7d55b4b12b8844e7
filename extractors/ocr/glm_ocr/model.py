"""GLM-OCR, asked as its makers ask it (their package `glmocr` 0.1.5), of pages or of regions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from docmill.extractors.ocr.glm_ocr.layout import MODEL_NAME, CdlaLayout, LayoutModel
from docmill.extractors.ocr.glm_ocr.parse import parse
from docmill.extractors.ocr.glm_ocr.prompts import Task
from docmill.extractors.ocr.glm_ocr.regions import PagePart, parts_of
from docmill.extractors.ocr.vlm.chat import ChatRequest
from docmill.extractors.ocr.vlm.crop import all_cropped, cropped
from docmill.extractors.ocr.vlm.model import VlmModel
from docmill.extractors.ocr.vlm.picture import PagePicture, PictureSpec
from docmill.extractors.ocr.vlm.regions import ParsedAnswer, Region
from docmill.schemas.engine import EngineTag
from docmill.schemas.geometry import Box

VERSION: Final = "1"
MODEL_ID: Final = "zai-org/GLM-OCR"
MAX_TOKENS: Final = 8192
TOP_P: Final = 0.00001

# The makers' client knows no upper bound worth the name; this one keeps a page of 200 dpi whole
# (4,770 tokens) and a larger one within what servers hold for a picture.
PICTURE: Final = PictureSpec(
    dpi=200,
    min_side_px=112,
    scan_min_side_px=112,
    max_pixels=6_291_456,
    multiple_of=28,
    max_side_px=3500,
)

SAMPLING: Final = {"top_k": 1, "repetition_penalty": 1.1}
REPETITION: Final = {"max_pattern_size": 128, "min_pattern_size": 1, "min_count": 100}

# What was read says more than the layout model where it is one of these, or where that model said
# no more than this: it takes whole receipts for pictures.
_SURE: Final = frozenset({"table", "formula", "code"})
_VAGUE: Final = frozenset({"text", "picture"})


@dataclass(frozen=True)
class GlmOcr:
    """The model `zai-org/GLM-OCR` on whole pages: Markdown, no boxes.

    `top_logprobs` is how many alternatives of each token are asked for (2 give a margin); None
    asks for no probabilities.
    """

    model_id: str = MODEL_ID
    max_tokens: int = MAX_TOKENS
    top_logprobs: int | None = 2

    @property
    def tag(self) -> EngineTag:
        """`glm_ocr`, docmill's version, and the model."""
        return EngineTag(name="glm_ocr", version=VERSION, model=self.model_id)

    @property
    def picture(self) -> PictureSpec:
        """200 dpi, the longer side at most 3500 pixels, at most 6.3 megapixels."""
        return PICTURE

    def request(self, picture: PagePicture, region: Box | None = None) -> ChatRequest:
        """`Text Recognition:` under the page or a part of it."""
        return self.asking(Task.TEXT, cropped(picture, region))

    def asking(self, task: Task, image: bytes) -> ChatRequest:
        """One of the prompts under a picture (PNG)."""
        return ChatRequest(
            image=image,
            media_type="image/png",
            prompt=task.value,
            max_tokens=self.max_tokens,
            temperature=0.0,
            top_p=TOP_P,
            options={**SAMPLING, "repetition_detection": REPETITION},
            top_logprobs=self.top_logprobs,
        )

    def parsed(self, raw: str, picture: PagePicture) -> ParsedAnswer:
        """Regions without boxes; see `parse`."""
        return parse(raw)


@dataclass(frozen=True)
class GlmOcrRegions:
    """The same model, asked region by region, each found by an embedded layout model.

    It is a `PartedModel`: `parts` are what is to be asked. Asked for a whole page itself, it does
    as `GlmOcr` does.
    """

    base: GlmOcr = field(default_factory=GlmOcr)
    layout: LayoutModel = field(default_factory=CdlaLayout)

    @property
    def tag(self) -> EngineTag:
        """`glm_ocr_regions`, docmill's version with the layout model, and the model."""
        version = f"{VERSION}+{MODEL_NAME}"
        return EngineTag(name="glm_ocr_regions", version=version, model=self.base.model_id)

    @property
    def picture(self) -> PictureSpec:
        """As for whole pages: regions are cut out of it."""
        return self.base.picture

    def request(self, picture: PagePicture, region: Box | None = None) -> ChatRequest:
        """`Text Recognition:` under the page or a part of it."""
        return self.base.request(picture, region)

    def parsed(self, raw: str, picture: PagePicture) -> ParsedAnswer:
        """Regions without boxes; see `parse`."""
        return self.base.parsed(raw, picture)

    def parts(self, picture: PagePicture) -> tuple[VlmModel, ...]:
        """One model for each region in which something is to be read, in reading order.

        Raises:
            EngineUnavailable: the package rapid-layout is not installed.
            EngineError: the layout model failed.
        """
        found = [(part, part.task) for part in parts_of(picture, self.layout) if part.task]
        shown = all_cropped(picture, [part.box for part, _ in found])
        return tuple(
            GlmOcrPart(self, part, task, picture.image, cut)
            for (part, task), cut in zip(found, shown, strict=True)
        )


@dataclass(frozen=True)
class GlmOcrPart:
    """The model bound to one region of a page, whose box and score its answer is given.

    `shown` is the region cut out of `page`, the page's picture; both are PNG.
    """

    whole: GlmOcrRegions
    part: PagePart
    task: Task
    page: bytes = field(repr=False)
    shown: bytes = field(repr=False)

    @property
    def tag(self) -> EngineTag:
        """That of the page."""
        return self.whole.tag

    @property
    def picture(self) -> PictureSpec:
        """That of the page."""
        return self.whole.picture

    def request(self, picture: PagePicture, region: Box | None = None) -> ChatRequest:
        """The prompt that fits the region, under its picture.

        Args:
            picture: the page.
            region: a part of the page to show instead.
        """
        cut = region is None and picture.image == self.page  # and not a smaller one of the page
        image = self.shown if cut else cropped(picture, region or self.part.box)
        return self.whole.base.asking(self.task, image)

    def parsed(self, raw: str, picture: PagePicture) -> ParsedAnswer:
        """What was read in the region: its box (0..1 of the page) and score are on each part.

        An empty answer is whole: a layout model sees regions where nothing is.
        """
        answer = parse(raw)
        if answer.regions:
            regions = tuple(self._placed(region) for region in answer.regions)
            return replace(answer, regions=regions)
        empty = Region(self.part.label, "", None, "", "", (0, len(raw)))
        finding = f"nothing was read in a region of kind {self.part.native_label!r}"
        return ParsedAnswer((self._placed(replace(empty, source=raw)),), True, (finding,))

    def _placed(self, region: Region) -> Region:
        ours = self.part.label
        as_read = region.label in _SURE or ours in _VAGUE
        return replace(
            region,
            label=region.label if as_read else ours,
            native_label=self.part.native_label,
            box=self.part.box,
            detector_score=self.part.score,
        )
