"""Work that may succeed later is tried again, with growing, random pauses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    retry_if_result,
    stop_after_attempt,
    wait_random_exponential,
)

from docmill.schemas.errors import DocmillError

T = TypeVar("T")

ATTEMPTS = 3
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 20.0


def retried(call: Callable[[], T], unfinished: Callable[[T], bool] = lambda _: False) -> T:
    """The result of `call`, after up to three attempts.

    It is called again after an error that is `retryable`, or a result that is `unfinished`; the
    last attempt's result or error counts.
    """
    waiting = Retrying(
        retry=retry_if_exception(_may_pass) | retry_if_result(unfinished),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(FIRST_PAUSE_S, LONGEST_PAUSE_S),
        retry_error_callback=_last_result,
    )
    return waiting(call)


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, DocmillError) and error.retryable


def _last_result(state: RetryCallState) -> T:  # pyright: ignore[reportInvalidTypeVarUse]
    assert state.outcome is not None
    return state.outcome.result()
