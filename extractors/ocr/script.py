"""Is what was read in the script that is printed? (Stand-in until measured.)"""

from __future__ import annotations

from collections.abc import Sequence

from docmill.schemas.page import Word


def doubt_of_script(words: Sequence[Word]) -> str | None:
    """Why the words cannot be in the script that stands on the page; None where they can."""
    return None
