"""`sources` against a plain model, over any history of a folder."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from docmill.infra.warehouse import layout
from docmill.infra.warehouse.loader import Loader

Row: TypeAlias = tuple[datetime, datetime | None]  # first seen, deleted (None: it is there)
NAMES = ("a.pdf", "b.pdf", "folder/c.pdf")
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(NAMES), st.sampled_from(["x", "y", "zz"])),
        st.tuples(st.just("touch"), st.sampled_from(NAMES), st.none()),
        st.tuples(st.just("move"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
        st.tuples(st.just("remove"), st.sampled_from(NAMES), st.none()),
        st.tuples(st.just("look"), st.none(), st.none()),
    ),
    min_size=2,
    max_size=14,
)


def play(desk: Any, event: tuple[str, Any, Any]) -> None:
    kind, name, other = event
    path = desk.folder / str(name)
    match kind:
        case "put":
            desk.write(name, other.encode())
        case "touch" if path.exists():
            desk.write(name, path.read_bytes())  # another ETag, the same bytes
        case "move" if path.exists() and name != other:
            (desk.folder / other).parent.mkdir(exist_ok=True)
            path.replace(desk.folder / other)
        case "remove":
            path.unlink(missing_ok=True)
        case _:
            pass


@dataclass
class Model:
    """What stands in `sources` after every look, without any of the machinery."""

    there: dict[str, str] = field(default_factory=dict[str, str])
    rows: dict[tuple[str, str], tuple[int, int | None]] = field(
        default_factory=dict[tuple[str, str], tuple[int, int | None]]
    )

    def look(self, number: int, held: dict[str, str]) -> None:
        """The look with this number finds these contents by place."""
        for place, content in self.there.items():
            if held.get(place) != content:
                first, _ = self.rows[place, content]
                self.rows[place, content] = (first, number)
        for place, content in held.items():
            first, _ = self.rows.get((place, content), (number, None))
            self.rows[place, content] = (first, None)
        self.there = held


def held_in(folder: Path) -> dict[str, str]:
    return {
        f"file://{path}": sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*.pdf")
    }


def sources_of(
    connection: duckdb.DuckDBPyConnection, looks: list[datetime]
) -> dict[tuple[str, str], tuple[int, int | None]]:
    """The table with times as numbers of the looks they fell into."""

    def number(time: datetime | None) -> int | None:
        at = time and time.replace(tzinfo=UTC)
        return None if at is None else sum(start <= at for start in looks) - 1

    sql = "SELECT uri, document_id, first_seen_at, last_seen_at, deleted_at FROM sources"
    found: dict[tuple[str, str], tuple[int, int | None]] = {}
    for uri, document_id, first, last, deleted in connection.execute(sql).fetchall():
        assert first <= last
        assert deleted is None or deleted > last
        found[uri, document_id] = (number(first) or 0, number(deleted))
    return found


def warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for statement in layout.statements():
        connection.execute(statement)
    return connection


@settings(max_examples=25, deadline=None)
@given(events=EVENTS, seed=st.integers(0, 10**6))
def test_any_history_gives_the_sources_that_a_plain_model_predicts(
    events: list[tuple[str, Any, Any]], seed: int, new_desk: Callable[[Path], Any]
) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as root, warehouse() as grown, warehouse() as rebuilt:
        desk = new_desk(Path(root).resolve())
        desk.overrides = {"batch_documents": 2, "may_be_empty": True}
        model, looks = Model(), list[datetime]()
        for event in (*events, ("look", None, None)):
            play(desk, event)
            if event[0] == "look":
                looks.append(desk.clock())
                desk.run()
                model.look(len(looks) - 1, held_in(desk.folder))
                if chance.random() < 0.5:
                    Loader(grown, desk.lake, desk.clock).load()
        Loader(grown, desk.lake, desk.clock).load()
        Loader(rebuilt, desk.lake, desk.clock).load()
        assert sources_of(grown, looks) == model.rows
        everything = "FROM sources ORDER BY ALL"
        assert grown.execute(everything).fetchall() == rebuilt.execute(everything).fetchall()


def test_records_may_be_loaded_one_by_one_in_any_order(
    tmp_path: Path, new_desk: Callable[[Path], Any]
) -> None:
    desk = new_desk(tmp_path)
    desk.overrides = {"may_be_empty": True}
    for content in (b"x", b"y", None, b"x", None, b"x"):
        if content is None:
            (desk.folder / "a.pdf").unlink()
        else:
            desk.write("a.pdf", content)
        desk.run()
    commits = sorted((desk.lake_root / "commits").rglob("*.json"))
    records = {path: path.read_bytes() for path in commits}
    with warehouse() as whole:
        Loader(whole, desk.lake, desk.clock).load()
        expected = whole.execute("FROM sources ORDER BY ALL").fetchall()
    assert [deleted is None for *_, deleted in expected].count(True) == 1
    for seed in range(5):
        for path in commits:
            path.unlink()
        random.Random(seed).shuffle(commits)
        with warehouse() as grown:
            for path in commits:
                path.write_bytes(records[path])
                Loader(grown, desk.lake, desk.clock).load()
            assert grown.execute("FROM sources ORDER BY ALL").fetchall() == expected
