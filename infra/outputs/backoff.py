"""How long a document waits for its next attempt, and an output for its next request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256

FIRST = timedelta(seconds=10)
FACTOR = 3
LONGEST = timedelta(hours=6)
LONGEST_ASKED = timedelta(days=1)  # what a receiver may ask for
SPREAD = 0.25  # of the pause, to either side

# An output rests when so many requests in a row failed.
FAILURES_IN_A_ROW = 3
FIRST_REST = timedelta(seconds=5)
LONGEST_REST = timedelta(minutes=5)


def pause_after(event_id: str, attempt: int) -> timedelta:
    """The pause after a document's attempt of this number, from 1.

    10 s, 30 s, 90 s, … up to 6 h, each ±25 %: by the document and the attempt, not by chance, so
    that documents which failed together come apart, and every process finds the same time.
    """
    exponent = min(attempt - 1, 20)
    plain = min(FIRST * FACTOR**exponent, LONGEST)
    digest = sha256(f"{event_id} {attempt}".encode()).digest()
    share = int.from_bytes(digest[:4], "big") / 2**32  # 0..1
    return plain * (1 - SPREAD + 2 * SPREAD * share)


def rest_after(failures: int) -> timedelta:
    """How long an output rests after so many failed requests in a row: 0, then 5 s, 10 s, … 5 min.

    A receiver that is down thus costs few requests, and few of anybody's attempts.
    """
    if failures < FAILURES_IN_A_ROW:
        return timedelta()
    exponent = min(failures - FAILURES_IN_A_ROW, 20)
    return min(FIRST_REST * 2**exponent, LONGEST_REST)


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """What a `Retry-After` asks for, in seconds or as an HTTP date; None where it is unreadable.

    Never negative, and at most a day.
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_ASKED)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = date.replace(tzinfo=UTC) if date.tzinfo is None else date
    return min(max(aware - now, timedelta()), LONGEST_ASKED)
