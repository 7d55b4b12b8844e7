"""Memory while pages pass by the thousand: large blocks go back, and little is looked through."""

from __future__ import annotations

import ctypes
import gc

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


# Against 700, 10, 10. Measured with `benchmarks.feeding_end_to_end`: a page takes a quarter less
# CPU time in the asking process.
COLLECT_AFTER = (700, 10, 1000)


def collect_less_often() -> None:
    """Has Python look for old cycles of garbage less often, for the whole process.

    Pages under way are a hundred thousand objects, none of them garbage, and every such look goes
    through all of them. Nothing large may lie in a cycle (see `OpenAiChat`), or it stays for long.
    """
    gc.set_threshold(*COLLECT_AFTER)
