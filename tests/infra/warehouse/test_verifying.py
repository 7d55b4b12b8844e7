from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from docmill.infra.warehouse.lock import exclusive
from docmill.infra.warehouse.owner import WarehouseOwner
from docmill.infra.warehouse.verifying import Verification, verify
from docmill.infra.workspace import Workspace
from docmill.schemas.errors import StoreError, UsageError


def quiet(step: str, done: int, total: int) -> None:
    assert step and 0 <= done <= total


def verified(workspace: Workspace, examples: int | None = 3) -> Verification:
    return verify(workspace, quiet, examples)


def load(workspace: Workspace) -> None:
    with WarehouseOwner(workspace) as owner:
        owner.load(workspace.lake())
        owner.publish()


@pytest.fixture
def grown(workspace: Workspace, mill: Any) -> Workspace:
    """A warehouse that was loaded bit by bit, its lake in another order than time."""
    commits = Path(workspace.lake_root) / "commits"
    for name in "abc":
        mill.sight(name)
        mill.finish(name)
        mill.clock.forward(minutes=1)
    mill.finish("a", work="second", words=["other"])
    mill.fail("d", retryable=True)
    mill.run()
    records = {path: path.read_bytes() for path in commits.rglob("*.json")}
    for path in records:
        path.unlink()
    order = sorted(records)
    random.Random(1).shuffle(order)
    for path in order:
        path.write_bytes(records[path])
        load(workspace)
    return workspace


def test_what_grew_in_any_order_is_clean(grown: Workspace) -> None:
    found = verified(grown)
    assert found.clean, found
    assert (found.checked, found.owner, found.not_loaded) == (grown.warehouse, None, ())
    assert found.commits == len(list(grown.lake().commit_keys()))
    assert found.objects > 10
    assert not list(grown.root.glob(".verify*"))


def change(workspace: Workspace, sql: str) -> None:
    with duckdb.connect(workspace.warehouse) as connection:
        connection.execute(sql)


def relations(found: Verification) -> dict[str, tuple[int, int]]:
    return {each.relation: (each.only_here, each.only_there) for each in found.differences}


A_WORD = "main.words WHERE page = 1 AND text = 'Rechnung' AND word = 0"


def test_a_deleted_row_is_found(grown: Workspace) -> None:
    change(grown, f"DELETE FROM {A_WORD}")
    assert relations(verified(grown)) == {"main.words": (0, 2)}


def test_a_row_that_came_twice_is_found(grown: Workspace) -> None:
    change(grown, f"INSERT INTO main.words FROM {A_WORD}")
    found = verified(grown)
    assert relations(found) == {"main.words": (2, 0)}
    assert [example.there for example in found.differences[0].examples] == [None, None]


def test_a_changed_value_is_shown_beside_the_true_one(grown: Workspace) -> None:
    change(grown, "UPDATE main.failures SET message = 'all is well'")
    derived, found = verified(grown).differences
    assert derived.relation == "main.failure_causes"
    (example,) = found.examples
    assert (found.relation, found.only_here, found.only_there) == ("main.failures", 1, 1)
    assert (example.here, example.there) == ({"message": "all is well"}, {"message": "cut off"})
    assert set(example.key) == {"run_id", "document_id", "uri", "page"}


def test_examples_are_few_unless_all_are_wanted(grown: Workspace) -> None:
    change(grown, "UPDATE main.words SET text = text || '!'")
    few, every = (verified(grown, number).differences[0] for number in (3, None))
    assert (few.only_here, few.only_there) == (every.only_here, every.only_there) == (10, 10)
    assert len(few.examples) == 3
    assert all(example.here and example.there for example in every.examples)
    assert len(every.examples) == 10


@pytest.mark.parametrize(
    ("sql", "relation", "note"),
    [
        ("DROP TABLE main.runs", "main.runs", "is only there"),
        ("CREATE TABLE main.extra (x INT)", "main.extra", "is only here"),
        ("ALTER TABLE main.runs DROP COLUMN failed", "main.runs", "has other columns"),
        (
            "CREATE OR REPLACE VIEW main.invoice AS SELECT 1 AS one",
            "main.invoice",
            "is defined differently",
        ),
        ("CREATE MACRO main.f(x) AS x + 1", "main.f(x)", "is only here"),
    ],
)
def test_another_layout_is_found(grown: Workspace, sql: str, relation: str, note: str) -> None:
    change(grown, sql)
    assert (relation, note) in {(it.relation, it.note) for it in verified(grown).differences}


def test_bookkeeping_counts_too(grown: Workspace) -> None:
    change(grown, "UPDATE internal.sightings SET etag = 'z' WHERE uri LIKE '%a.pdf'")
    assert relations(verified(grown)) == {"internal.sightings": (1, 1)}


def test_a_commit_record_that_is_not_loaded_is_a_note(grown: Workspace, mill: Any) -> None:
    mill.run("later")
    found = verified(grown)
    assert found.clean
    assert len(found.not_loaded) == 1


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


@pytest.mark.parametrize("spoil", [Path.unlink, truncate])
@pytest.mark.parametrize("folder", ["pages", "extractions"])
def test_a_lost_or_damaged_object_is_named(
    grown: Workspace, folder: str, spoil: Callable[[Path], None]
) -> None:
    victim = sorted((Path(grown.lake_root) / folder).rglob("*.json.gz"))[0]
    spoil(victim)
    change(grown, f"DELETE FROM {A_WORD}")
    found = verified(grown)
    (damage,) = found.damages
    assert damage.name == victim.relative_to(grown.lake_root).as_posix()
    assert damage.what == "missing" or "cannot be read" in damage.what
    assert found.damaged_documents == (damage.document_id,)
    assert not found.clean
    (other,) = found.differences  # the other documents are compared all the same
    assert other.relation == "main.words" and other.only_there >= 1


def test_a_lost_commit_record_is_named(grown: Workspace) -> None:
    key = next(iter(grown.lake().commit_keys()))
    (Path(grown.lake_root) / key).unlink()
    assert key in {damage.name for damage in verified(grown).damages}


def test_without_its_schema_nothing_can_be_built(grown: Workspace) -> None:
    for path in (Path(grown.lake_root) / "schemas").iterdir():
        path.unlink()
    found = verified(grown)
    assert [damage.what for damage in found.damages] == ["missing"]
    assert "lacks schema" in found.not_compared
    assert not found.clean


def test_while_another_owns_the_file_the_published_one_is_checked(grown: Workspace) -> None:
    change(grown, "DELETE FROM main.words")
    with exclusive(grown.lock):
        found = verified(grown)
    assert found.checked == grown.published
    assert found.owner
    assert found.clean


def test_without_a_warehouse_there_is_nothing_to_check(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="to check"):
        verified(Workspace(tmp_path))


def test_a_damaged_file_is_named(grown: Workspace) -> None:
    grown.warehouse.write_bytes(b"no database")
    with pytest.raises(StoreError, match=r"warehouse\.duckdb"):
        verified(grown)
