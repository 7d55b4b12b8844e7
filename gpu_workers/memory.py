"""Memory of pictures that were sent goes back to the system."""

from __future__ import annotations

import ctypes

LARGE_BYTES = 128 * 1024

_M_MMAP_THRESHOLD = -3  # of malloc.h


def give_back_large_blocks() -> bool:
    """Has the C library keep blocks of `LARGE_BYTES` or more apart, for the whole process.

    glibc does so from the start, but raises the bound to the size of what it was given back: after
    the first pictures, the next ones share a heap with everything small, which they tear into
    holes; it grew to more than twice the size over 10,000 pages. Setting the bound keeps it.

    Returns:
        Whether it could be set: other C libraries have no such bound.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES) == 1
