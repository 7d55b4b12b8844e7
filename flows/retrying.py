"""Retries follow what the error says about itself."""

from __future__ import annotations

from typing import Any

from prefect import Task
from prefect.client.schemas.objects import State, TaskRun

from docmill.schemas.errors import DocmillError, WorkerLeaving

# Waits are lengthened by up to this share, so that many workers do not come back together.
JITTER = 0.5


def may_pass(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:
    """Whether the same work may succeed later here; an error that is not docmill's own may not."""
    error = state.data
    # whoever was told to end does not begin anew
    return (
        isinstance(error, DocmillError) and error.retryable and not isinstance(error, WorkerLeaving)
    )
