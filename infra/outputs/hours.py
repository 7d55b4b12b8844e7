"""How far everything is settled, as a full pass finds out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from docmill.infra.outputs.ledger import Cursor, behind

# Commit records of slow or ill-timed machines may come so late.
LATE = timedelta(hours=6)


@dataclass
class Hours:
    """What a full pass finds out about hours, in ascending order."""

    cursor: Cursor
    now: datetime
    is_gap: bool = False
    over: list[str] = field(default_factory=list[str])

    def add(self, hour: str, *, is_settled: bool) -> None:
        """One more; it is over when all is settled and nothing comes late any more."""
        end = datetime.strptime(hour, "%Y-%m-%dT%H").replace(tzinfo=UTC) + timedelta(hours=1)
        if not is_settled or end + LATE > self.now:
            self.is_gap = True
            return
        self.over.append(hour)
        if self.is_gap:
            settled = (*self.cursor.settled, hour)
            self.cursor = self.cursor.model_copy(update={"settled": settled})
        else:
            settled = tuple(each for each in self.cursor.settled if each > hour)
            update = {"begin": behind(hour), "settled": settled}
            self.cursor = self.cursor.model_copy(update=update)
