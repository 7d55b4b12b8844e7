from __future__ import annotations

import pytest

from docmill.schemas.errors import (
    DocmillError,
    SourceGone,
    StoreError,
    StoreRefused,
    UnreadableFile,
)
from docmill.schemas.outcome import Failure, Stage


@pytest.mark.parametrize("error", [StoreError("x"), StoreRefused("x"), SourceGone("x")])
def test_what_a_store_did_is_tried_again_by_a_later_run(error: DocmillError) -> None:
    assert Failure.of(error, Stage.FETCH).retryable


def test_this_run_does_not_try_again_what_was_refused() -> None:
    assert StoreError("x").retryable
    assert not StoreRefused("x").retryable
    assert not Failure.of(UnreadableFile("x"), Stage.OPEN).retryable
