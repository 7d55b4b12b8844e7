"""Text reduced to what matters when comparing: letters without accents or case, digits, # and %."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_PIECE = re.compile(r"[^\W_]+|[#%]")
_SIGNS = str.maketrans({"°": "o", "№": "no", "ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})


@lru_cache(maxsize=65536)
def fold(text: str) -> tuple[str, ...]:
    """The folded pieces of `text`: `Rechnungs-Nr.:` -> `("rechnungs", "nr")`."""
    lowered = text.casefold().translate(_SIGNS)
    if lowered.isascii():
        return tuple(_PIECE.findall(lowered))
    bare = "".join(
        char for char in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(char)
    )
    return tuple(_PIECE.findall(bare))


def folded(text: str) -> str:
    """The folded pieces joined: labels that differ only in spacing and hyphens come out equal."""
    return "".join(fold(text))
