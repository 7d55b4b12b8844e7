from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from docmill.infra.lake import Lake, time_of
from docmill.infra.storage.local import LocalFolder
from docmill.infra.workspace import Workspace
from docmill.schemas.errors import StoreError
from docmill.schemas.outcome import DocumentOutcome
from docmill.schemas.source import Departure, Sighting, SourceObject


class FailsOn(LocalFolder):
    """A store that breaks at one prefix, as a crash at that point would."""

    def __init__(self, root: Path, prefix: str) -> None:
        super().__init__(root)
        self._prefix = prefix

    def put(self, key: str, content: bytes) -> bool:
        if key.startswith(self._prefix):
            raise StoreError("broken off")
        return super().put(key, content)


def objects(workspace: Workspace, pattern: str) -> list[Path]:
    return sorted(path for path in Path(workspace.lake_root).glob(pattern) if path.is_file())


def test_gives_back_what_was_put(mill: Any, reading: Any) -> None:
    page = reading("d" * 64, 1, ["Straße", "12,50 €"])
    key, extraction = mill.extract("d" * 64, [])
    assert mill.lake.put_page("k1", page)
    assert not mill.lake.put_page("k1", page)
    assert mill.lake.page("k1") == page
    assert mill.lake.extraction(key) == extraction
    assert mill.lake.schema(mill.schema.hash) == mill.schema
    assert mill.lake.page("k2") is None
    assert mill.lake.extraction("k2") is None
    assert mill.lake.schema("k2") is None


def test_equal_readings_are_equal_bytes(
    tmp_path: Path, mill: Any, reading: Any, workspace: Workspace
) -> None:
    page = reading("d" * 64, 1, ["a"] * 50)
    mill.lake.put_page("k1", page)
    Lake(LocalFolder(tmp_path / "other")).put_page("k1", page.model_copy())
    (first,) = objects(workspace, "pages/**/*")
    assert (tmp_path / "other/pages/k1/k1.json.gz").read_bytes() == first.read_bytes()


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda raw: raw[: len(raw) // 2],
    "empty": lambda raw: b"",
    "no gzip": lambda raw: b"not gzip",
    "other shape": lambda raw: gzip.compress(b"{}"),
    "newer version": lambda raw: gzip.compress(
        gzip.decompress(raw).replace(b'"page":1', b'"page":1,"new":2')
    ),
    "one byte": lambda raw: raw[:40] + bytes([raw[40] ^ 255]) + raw[41:],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damage_is_named(mill: Any, reading: Any, workspace: Workspace, damage: Any) -> None:
    mill.lake.put_page("k1", reading("d" * 64, 1, ["a", "b"]))
    (path,) = objects(workspace, "pages/**/*")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(StoreError, match=r"pages/k1/k1\.json\.gz") as caught:
        mill.lake.page("k1")
    assert caught.value.hint


def test_a_damaged_commit_record_is_named(mill: Any, workspace: Workspace) -> None:
    mill.run()
    (path,) = objects(workspace, "commits/**/*")
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(StoreError, match=path.name):
        list(mill.lake.commits())


def test_a_key_that_is_no_commit_record_is_named() -> None:
    with pytest.raises(StoreError, match="commits/x/readme"):
        time_of("commits/x/readme")


def test_commits_come_in_order_of_time(mill: Any) -> None:
    for number in range(5):
        mill.run(f"run-{number}")
        mill.clock.forward(minutes=50)
    runs = [(time_of(key).hour, record.content.run_id) for key, record in mill.lake.commits()]
    assert runs == [(12, "run-0"), (12, "run-1"), (13, "run-2"), (14, "run-3"), (15, "run-4")]
    late = [record.content.run_id for _, record in mill.lake.commits("2026-11-20T13")]
    assert late == ["run-2", "run-3", "run-4"]


def test_only_final_work_is_done(mill: Any) -> None:
    final = mill.fail("a", retryable=False)
    passing = mill.fail("b", retryable=True)
    assert mill.lake.is_done(final.work_key)
    assert not mill.lake.is_done(passing.work_key)
    assert not mill.lake.is_done("0" * 40)


def test_attempts_of_two_runs_have_two_ids_and_final_work_has_one(mill: Any) -> None:
    for run_id in ("run-1", "run-2"):
        mill.fail("a", retryable=False, run_id=run_id)
        mill.fail("b", retryable=True, run_id=run_id)
        mill.clock.forward(hours=1)
    ids = [(record.content.uri, record.id) for _, record in mill.lake.commits()]
    assert len(ids) == 4
    assert len({id_ for uri, id_ in ids if uri.endswith("a.pdf")}) == 1
    assert len({id_ for uri, id_ in ids if uri.endswith("b.pdf")}) == 2


def test_a_crash_between_commit_and_marker_repeats_the_commit(
    mill: Any, workspace: Workspace, clock: Any
) -> None:
    whole = mill.lake
    mill.lake = Lake(FailsOn(Path(workspace.lake_root), "done/"), clock)
    with pytest.raises(StoreError):
        mill.finish("a")
    clock.forward(hours=2)
    mill.lake = whole
    outcome: DocumentOutcome = mill.finish("a")
    records = [record for _, record in whole.commits()]
    assert [record.id for record in records] == [outcome.work_key] * 2
    assert whole.is_done(outcome.work_key)


def test_a_known_source_is_not_recorded_again(mill: Any, clock: Any) -> None:
    first = mill.sight("a")
    clock.forward(days=1)
    other = first.model_copy(update={"document_id": "b" * 64, "seen_at": clock()})
    again = first.model_copy(update={"seen_at": clock()})
    assert mill.lake.commit_sightings([again]) == 0
    assert mill.lake.commit_sightings([again, other]) == 1
    assert mill.lake.commit_sightings([other]) == 0
    clock.forward(days=1)
    back = first.model_copy(update={"seen_at": clock()})  # the old file was put back
    assert mill.lake.commit_sightings([back]) == 1
    assert mill.lake.commit_sightings([back]) == 0
    assert mill.lake.commit_sightings([]) == 0
    assert len(list(mill.lake.commits())) == 3


def test_the_document_of_a_known_object_is_known_by_its_etag(mill: Any, clock: Any) -> None:
    seen = mill.sight("a")
    listed = SourceObject(uri=seen.uri, size=seen.size, etag="e", modified_at=clock())
    assert mill.lake.known_document(listed) == seen.document_id
    for other in ({"etag": "f"}, {"size": 1}, {"uri": "file:///in/b.pdf"}):
        assert mill.lake.known_document(listed.model_copy(update=other)) is None
    clock.forward(minutes=1)
    again = seen.model_copy(update={"etag": "f", "seen_at": clock()})
    assert mill.lake.commit_sightings([again]) == 1  # the same bytes under a new ETag
    assert mill.lake.known_document(listed.model_copy(update={"etag": "f"})) == seen.document_id
    assert mill.lake.known_document(listed) is None


def test_a_departure_is_recorded_once_until_the_object_comes_back(mill: Any, clock: Any) -> None:
    seen = mill.sight("a")
    listed = SourceObject(uri=seen.uri, size=seen.size, etag="e", modified_at=clock())
    clock.forward(minutes=1)
    gone = Departure(uri=seen.uri, document_id=seen.document_id, gone_at=clock())
    assert mill.lake.commit_sightings([], [gone]) == 1
    clock.forward(minutes=1)
    again = gone.model_copy(update={"gone_at": clock()})
    assert mill.lake.commit_sightings([], [again]) == 0
    assert mill.lake.known_document(listed) is None
    back = seen.model_copy(update={"seen_at": clock()})
    assert mill.lake.commit_sightings([back]) == 1  # the same document and ETag as before
    assert mill.lake.known_document(listed) == seen.document_id
    clock.forward(minutes=1)
    assert mill.lake.commit_sightings([], [gone.model_copy(update={"gone_at": clock()})]) == 1


def test_many_sightings_keep_their_order(mill: Any, clock: Any) -> None:
    names = [f"file:///in/{number}.pdf" for number in range(40)]
    sightings = [
        Sighting(uri=uri, document_id="d" * 64, size=1, etag="e", seen_at=clock()) for uri in names
    ]
    assert mill.lake.commit_sightings(sightings) == 40
    ((_, record),) = mill.lake.commits()
    assert [sighting.uri for sighting in record.content.sightings] == names
    assert mill.lake.commit_sightings(sightings) == 0


def test_a_crash_between_sightings_and_marker_loses_none(
    mill: Any, workspace: Workspace, clock: Any
) -> None:
    whole = mill.lake
    mill.lake = Lake(FailsOn(Path(workspace.lake_root), "seen/"), clock)
    with pytest.raises(StoreError):
        mill.sight("a")
    mill.lake = whole
    clock.forward(seconds=1)
    mill.sight("a")
    sightings = [record.content.sightings for _, record in whole.commits()]
    assert [len(each) for each in sightings] == [1, 1]
