"""Chandra's prompt, as its makers ship it: the model was trained on these very words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from docmill.schemas.errors import EngineUnavailable

PACKAGE: Final = "chandra-ocr"
HINT: Final = "pip install 'chandra-ocr>=0.2,<0.3' (its base install, without torch, is enough)"

_LAYOUT: Final = "ocr_layout"


@dataclass(frozen=True)
class Prompt:
    """A prompt, and the version of the package that it was found in."""

    text: str
    version: str


@cache
def layout_prompt() -> Prompt:
    """The prompt that asks for layout blocks with boxes.

    Raises:
        EngineUnavailable: the package `chandra-ocr` is not installed, or has no such prompt.
    """
    try:
        # By name: the package is only there where Chandra is used.
        prompts = import_module("chandra.prompts")
        found = version(PACKAGE)
    except (ImportError, PackageNotFoundError) as error:
        raise EngineUnavailable(
            f"Chandra's prompt is in the package {PACKAGE}, which is not installed.", HINT
        ) from error
    text = getattr(prompts, "PROMPT_MAPPING", {}).get(_LAYOUT)
    if not isinstance(text, str) or not text.strip():
        raise EngineUnavailable(
            f"The package {PACKAGE} {found} has no prompt called {_LAYOUT}.", HINT
        )
    return Prompt(text, found)
