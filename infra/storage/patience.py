"""How long a store that is far away is waited for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """Tries of a request, and seconds for a connection and for each answer.

    Between tries, botocore waits up to 0.05, 0.1, 0.2, … seconds, after throttling up to 1, 2,
    4, … 20. The user's own `AWS_MAX_ATTEMPTS` goes before `attempts`.
    """

    attempts: int
    connect_s: float
    read_s: float


# A server that restarts costs a wait, not the run.
PATIENT = Patience(attempts=10, connect_s=10, read_s=60)
# Over within the two minutes a page has by default: a store that hangs must end as a `StoreError`,
# which a later run tries again, and not as a worker that was stopped.
IN_WORKER = Patience(attempts=5, connect_s=5, read_s=15)
# Somebody waits for the answer.
HURRIED = Patience(attempts=2, connect_s=3, read_s=10)
