from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from docmill.infra import wiring
from docmill.infra.ingestion.batches import open_batch, reports, schemas_of
from docmill.infra.ingestion.changes import Kind
from docmill.infra.ingestion.followed import follow
from docmill.infra.ingestion.scan import Scan
from docmill.infra.storage.local import LocalFolder
from docmill.schemas.errors import SourceEmpty, StoreError, UsageError
from docmill.schemas.loading import builtin_schemas


def names(desk: Any, key: str) -> list[str]:
    return [desk.followed.place.key(each.uri) for each in open_batch(desk.lake, key).objects]


def lake_files(desk: Any) -> set[Path]:
    return {path for path in desk.lake_root.rglob("*") if path.is_file()}


def counts(scan: Scan) -> dict[str, int]:
    return {kind.value: number for kind, number in scan.counts.items()}


def test_what_is_new_is_cut_into_batches(desk: Any) -> None:
    for number in range(5):
        desk.write(f"{number}.pdf", b"%d" % number)
    desk.write("notes.txt", b"no document")
    desk.overrides = {"batch_documents": 2}
    scan = desk.scan()
    keys = list(scan)
    assert [names(desk, key) for key in keys] == [
        ["0.pdf", "1.pdf"],
        ["2.pdf", "3.pdf"],
        ["4.pdf"],
    ]
    assert (counts(scan), scan.listed, scan.batches) == ({"new": 5}, 5, tuple(keys))


def test_a_batch_says_all_that_a_worker_must_know(desk: Any) -> None:
    desk.write("a.pdf", b"a")
    desk.overrides = {"ocr": "tesseract", "review": {"threshold": 0.9}, "fail_share": 0.1}
    (key,) = desk.scan()
    batch = open_batch(desk.lake, key)
    assert (batch.source, batch.number, batch.fail_share, batch.egress) == ("inbox", 1, 0.1, "none")
    assert schemas_of(desk.lake, batch) == (builtin_schemas()["invoice"],)
    base = follow("inbox", desk.settings).settings.model_copy(update={"ocr": "auto", "workers": 7})
    settings = batch.settings(base)
    assert (settings.ocr, settings.review.threshold, settings.workers) == ("tesseract", 0.9, 7)


def test_batches_are_cut_by_size_too(desk: Any) -> None:
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        desk.write(name, bytes(600 * 1024) + name.encode())
    desk.overrides = {"batch_megabytes": 1}
    assert [names(desk, key) for key in desk.scan()] == [["a.pdf", "b.pdf"], ["c.pdf"]]


def test_equal_passes_make_equal_batches(desk: Any) -> None:
    desk.write("a.pdf", b"a")
    assert list(desk.scan()) == list(desk.scan())


def test_nothing_new_means_nothing_done_and_nothing_written(desk: Any) -> None:
    desk.write("a.pdf", b"a")
    desk.run()
    before = lake_files(desk)
    scan = desk.run()
    assert (counts(scan), scan.batches) == ({"unchanged": 1}, ())
    assert lake_files(desk) == before
    assert len(desk.read) == 1


def test_every_change_is_told_from_the_others(desk: Any) -> None:
    desk.unsettled = [b"never ends"]
    for name in ("kept", "changed", "moved", "gone"):
        desk.write(f"{name}.pdf", name.encode())
    desk.write("hard.pdf", b"never ends")
    desk.run()
    desk.write("changed.pdf", b"other bytes")
    (desk.folder / "moved.pdf").rename(desk.folder / "after.pdf")
    (desk.folder / "gone.pdf").unlink()
    desk.write("early.pdf", b"late arrival")
    scan = desk.scan()
    fresh, again = (names(desk, key) for key in scan)
    assert fresh == ["after.pdf", "changed.pdf", "early.pdf"]
    assert again == ["hard.pdf"]
    assert counts(scan) == {"unchanged": 1, "new": 2, "changed": 1, "unsettled": 1, "gone": 2}
    for key in scan.batches:
        desk.process(key)
    scan.finish()
    assert counts(desk.run()) == {"unchanged": 4, "unsettled": 1}


def test_a_late_object_with_an_old_time_is_found(desk: Any) -> None:
    desk.write("b.pdf", b"b")
    desk.run()
    late = desk.write("a.pdf", b"a")
    assert late.stat().st_mtime < 1  # older than all that is known
    assert counts(desk.run()) == {"new": 1, "unchanged": 1}


def test_another_configuration_does_all_again_after_what_is_new(desk: Any) -> None:
    desk.write("a.pdf", b"a")
    desk.run()
    desk.configuration = "second"
    desk.write("b.pdf", b"b")
    assert [names(desk, key) for key in desk.scan()] == [["b.pdf"], ["a.pdf"]]
    assert counts(desk.run()) == {"new": 1, "outdated": 1}
    assert counts(desk.run()) == {"unchanged": 2}


def test_a_run_that_dies_is_done_again_and_reads_nothing_twice(desk: Any) -> None:
    for number in range(4):
        desk.write(f"{number}.pdf", b"%d" % number)
    desk.overrides = {"batch_documents": 2}
    first, _ = desk.scan()  # killed after one batch
    desk.process(first)
    assert desk.known() == []
    assert counts(desk.run()) == {"new": 4}
    assert len(desk.read) == 4
    assert counts(desk.run()) == {"unchanged": 4}


def test_a_batch_without_report_stays_as_it_was(desk: Any) -> None:
    for name in ("a", "b"):
        desk.write(f"{name}.pdf", name.encode())
    desk.run()
    before = desk.known()
    desk.write("b.pdf", b"changed")
    desk.write("c.pdf", b"c")
    scan = desk.scan()
    assert list(reports(desk.lake, scan)) == [None]
    scan.finish()
    assert desk.known() == before
    assert counts(desk.run()) == {"unchanged": 1, "changed": 1, "new": 1}


def test_an_object_that_vanishes_before_it_is_read(desk: Any) -> None:
    for name in ("a", "b", "c"):
        desk.write(f"{name}.pdf", name.encode())
    desk.run()
    desk.write("b.pdf", b"changed")
    desk.write("d.pdf", b"d")
    scan = desk.scan()
    keys = list(scan)
    (desk.folder / "b.pdf").unlink()
    (desk.folder / "d.pdf").unlink()
    for key in keys:
        desk.process(key)
    scan.finish()
    assert [entry.key for entry in desk.known()] == ["a.pdf", "b.pdf", "c.pdf"]  # b: the next
    assert counts(desk.run()) == {"unchanged": 2, "gone": 1}  # listing decides
    assert [entry.key for entry in desk.known()] == ["a.pdf", "c.pdf"]


def test_the_newest_of_several_reports_counts(desk: Any) -> None:
    desk.write("a.pdf", b"a")
    desk.unsettled = [b"a"]
    scan = desk.scan()
    (key,) = scan
    desk.process(key)
    desk.unsettled = []
    desk.process(key)
    scan.finish()
    assert [entry.settled is not None for entry in desk.known()] == [True]


def test_a_source_that_lists_nothing_is_not_taken_for_emptied(desk: Any) -> None:
    path = desk.write("a.pdf", b"a")
    desk.run()
    path.unlink()
    before = lake_files(desk)
    with pytest.raises(SourceEmpty, match=r"a\.pdf") as caught:
        desk.run()
    assert caught.value.retryable
    assert "may_be_empty" in caught.value.hint
    assert lake_files(desk) == before
    desk.overrides = {"may_be_empty": True}
    assert counts(desk.run()) == {"gone": 1}
    assert desk.known() == []


def test_an_empty_source_that_never_held_anything_is_fine(desk: Any) -> None:
    assert counts(desk.run()) == {}


def test_a_missing_folder_is_an_error(desk: Any) -> None:
    desk.write("a.pdf", b"a")
    desk.run()
    desk.folder.rename(desk.folder.with_name("unmounted"))
    desk.folder.with_name("unmounted").joinpath("a.pdf").unlink()
    desk.overrides = {"may_be_empty": True}
    with pytest.raises(StoreError, match="no folder"):
        desk.scan().__iter__().__next__()
    assert len(desk.known()) == 1


class BreaksAt(LocalFolder):
    """A folder whose listing breaks at one name, as a lost connection would."""

    def find(self, key: str) -> Any:
        if key == "m.pdf":
            raise StoreError("the connection broke")
        return super().find(key)


def test_a_listing_that_breaks_takes_nothing_for_gone_that_it_did_not_pass(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c", "m", "x", "y"):
        desk.write(f"{name}.pdf", name.encode())
    desk.run()
    (desk.folder / "b.pdf").unlink()
    (desk.folder / "x.pdf").unlink()
    with monkeypatch.context() as patch:
        patch.setattr("docmill.infra.storage.opening.LocalFolder", BreaksAt)
        scan = desk.scan()
        with pytest.raises(StoreError, match="broke"):
            list(scan)
        scan.finish()
    assert scan.counts[Kind.GONE] == 1  # b
    assert "x.pdf" in [entry.key for entry in desk.known()]
    desk.run()
    assert [entry.key for entry in desk.known()] == ["a.pdf", "c.pdf", "m.pdf", "y.pdf"]


def test_what_is_left_for_the_next_run_is_not_lost(desk: Any) -> None:
    desk.overrides = {"batch_documents": 2, "max_pages_per_run": 3}
    for number in range(8):
        desk.write(f"{number}.pdf", b"%d" % number)
    done: list[int] = []
    for _ in range(3):
        scan = desk.run()
        done.append(len(desk.known()))
        assert scan.left == 8 - done[-1]
    assert done == [3, 6, 8]
    desk.configuration = "second"
    desk.write("9.pdf", b"new")
    scan = desk.scan()
    assert Counter(name for key in scan for name in names(desk, key)) == Counter(
        ["9.pdf", "0.pdf", "1.pdf"]  # the new one first
    )
    assert scan.left == 6


def test_a_run_can_be_told_that_it_is_enough(desk: Any) -> None:
    desk.overrides = {"batch_documents": 1}
    for number in range(4):
        desk.write(f"{number}.pdf", b"%d" % number)
    given: list[str] = []
    scan = desk.scan(lambda: len(given) < 2)
    for key in scan:
        given.append(key)
        desk.process(key)
    scan.finish()
    assert (len(given), scan.left, len(desk.known())) == (2, 2, 2)
    assert counts(desk.run()) == {"unchanged": 2, "new": 2}


def test_what_is_no_longer_wanted_is_not_taken_for_gone(desk: Any) -> None:
    desk.write("a.pdf", b"a")
    desk.write("drafts/b.pdf", b"b")
    desk.run()
    commits = len(list(desk.lake.commit_keys()))
    desk.overrides = {"exclude": ["drafts/*"]}
    assert counts(desk.run()) == {"unchanged": 1, "left_out": 1}
    assert len(list(desk.lake.commit_keys())) == commits
    desk.overrides = {}
    assert counts(desk.run()) == {"unchanged": 1, "new": 1}
    assert len(desk.read) == 2  # its ETag is known, so it is not read again


def test_a_source_that_is_not_in_the_settings(desk: Any) -> None:
    with pytest.raises(UsageError, match="outbox") as caught:
        follow("outbox", desk.settings)
    assert "inbox" in caught.value.hint


def test_documents_stay_here_unless_egress_is_allowed(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "HOSTED", frozenset({"local"}))
    with pytest.raises(UsageError, match="`inbox` keeps its documents here, but “local” sends"):
        follow("inbox", desk.settings)
    desk.overrides["egress"] = "hosted"
    assert follow("inbox", desk.settings).source.egress == "hosted"


def test_a_batch_that_is_not_there(desk: Any) -> None:
    with pytest.raises(StoreError, match="no batch abcd"):
        open_batch(desk.lake, "abcd")
