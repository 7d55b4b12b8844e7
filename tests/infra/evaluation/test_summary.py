from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from docmill.infra.evaluation.compare import compare_runs, comparison_tables
from docmill.infra.evaluation.figures import figure_tables, markdown
from docmill.infra.evaluation.files import read_evaluation, write_evaluation
from docmill.infra.evaluation.html import comparison_html, report_html
from docmill.infra.evaluation.plots import f1_plot
from docmill.infra.evaluation.summary import ALL, LISTS, SCALARS, summarise
from docmill.infra.settings import load_settings
from docmill.schemas.errors import UsageError
from docmill.schemas.evaluation import (
    Counts,
    DocumentEvaluation,
    EvaluationRecord,
    Judgement,
    TableCounts,
    TextCounts,
    Verdict,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOSTILE = '<script src="https://evil.example/x.js">alert("$x^2$")</script>]]>'


def judged(path: str, verdict: str, confidence: float | None = 0.8, **more: Any) -> Judgement:
    pattern = path.replace("[0]", "[]").replace("[1]", "[]")
    outcome = Verdict(verdict)
    return Judgement(
        path=path,
        pattern=pattern,
        truth=None if outcome is Verdict.SPURIOUS else "t",
        value=None if outcome is Verdict.MISSING else "v",
        verdict=outcome,
        strict=outcome is Verdict.RIGHT,
        confidence=None if outcome is Verdict.MISSING else confidence,
        **more,
    )


def document(example: str, *judgements: Judgement, **more: Any) -> DocumentEvaluation:
    given: dict[str, Any] = {
        "path": f"{example}.pdf",
        "doc_type": "invoice",
        "stratum": "typed",
        "language": "en",
        "document_id": "d" * 64,
        "schema_name": "invoice",
        "outcome": "done",
        "pages": 2,
        "seconds": 3.0,
        "given_values": 4,
        "boxed": 3,
        **more,
    }
    return DocumentEvaluation(example=example, judgements=judgements, **given)


def record(*documents: DocumentEvaluation, dataset: str = "nowhere") -> EvaluationRecord:
    return EvaluationRecord(
        evaluation_id="e",
        name="set",
        dataset=dataset,
        started_at=NOON,
        finished_at=NOON,
        ocr_engine="text_layer@1",
        extractor="local@1",
        version="0",
        documents=documents,
    )


FIRST = record(
    document("a", judged("total", "right"), judged("seller", "wrong", 0.6)),
    document(
        "b",
        judged("total", "missing"),
        judged("seller", "right"),
        judged("rows[0].price", "right", 0.9),
        judged("rows[1].price", "spurious", 0.3),
        language="de",
        outcome="failed",
        failures=("NoText", "NoText"),
        invented=("seller",),
    ),
)


def test_groups_by_hand() -> None:
    groups = {(g.scope, g.dimension, g.name): g for g in summarise(FIRST).groups}
    total = groups[SCALARS, ALL, ALL]
    assert total.counts == Counts(right=2, given=3, wanted=4)
    assert total.precision == pytest.approx(2 / 3)
    assert total.recall == 0.5
    assert total.f1 == pytest.approx(4 / 7)
    assert total.recall_interval is not None
    assert total.documents == 2
    assert groups[SCALARS, "field", "seller"].counts == Counts(right=1, given=2, wanted=2)
    assert groups[SCALARS, "language", "de"].counts == Counts(right=1, given=1, wanted=2)
    assert groups[SCALARS, "stratum", "typed"].counts == total.counts
    assert groups[LISTS, ALL, ALL].counts == Counts(right=1, given=2, wanted=1)
    assert groups[LISTS, "field", "rows[].price"].f1_interval is None  # one document alone


def test_the_other_figures_by_hand() -> None:
    summary = summarise(FIRST)
    (outcomes,) = summary.outcomes
    assert outcomes.statuses == {"done": 1, "failed": 1}
    assert outcomes.failures == {"NoText": 2}
    assert outcomes.median_seconds_per_page == 1.5
    (invented,) = summary.invented
    assert (invented.given_values, invented.invented, invented.spurious) == (8, 1, 1)
    (boxes,) = summary.boxes
    assert (boxes.boxed, boxes.compared, boxes.median_iou) == (6, 0, None)
    assert summary.confidence.values == 5
    assert summary.confidence.right == 3
    # Right values have 0.8, 0.8, 0.9, wrong ones 0.6, 0.3: all in order.
    assert summary.confidence.auroc == 1


def test_text_and_tables_are_pooled() -> None:
    text = [
        TextCounts(characters=size, edits=edits, edits_any_order=1,
                   words=Counts(right=1, given=2, wanted=size), runs=Counts())
        for size, edits in ((10, 5), (90, 9), (100, 10))
    ]  # fmt: skip
    none = Counts()
    table = TableCounts(
        tables_wanted=1,
        tables_given=2,
        position=Counts(right=1, given=2, wanted=4),
        content=none,
        adjacency=Counts(right=3, given=3, wanted=9),
    )
    documents = [document(str(n), text=counts) for n, counts in enumerate(text)]
    documents.append(document("t", tables=table))
    summary = summarise(record(*documents))
    (figures,) = summary.text
    assert figures.cer == pytest.approx(24 / 200)
    assert figures.median_cer == pytest.approx(0.1)
    assert figures.word_recall == pytest.approx(3 / 200)
    (tables,) = summary.tables
    assert (tables.documents, tables.adjacency.f1, tables.position.f1) == (1, 0.5, 1 / 3)


def test_every_table_is_as_wide_as_its_head() -> None:
    tables = figure_tables(summarise(FIRST))
    assert {table.title for table in tables} >= {"Fields", "Lists", "Confidence", "Boxes"}
    for table in tables:
        assert {len(row) for row in table.rows} == {len(table.head)}
    text = markdown(tables)
    assert "| **invoice** | **all** | **4** |" in text
    assert "not measured" in text


def test_markdown_keeps_its_columns() -> None:
    hostile = record(document("a", judged("a|b\nc", "right")))
    line = next(
        line for line in markdown(figure_tables(summarise(hostile))).splitlines() if "b c" in line
    )
    assert r"a\|b c" in line


def test_a_file_gives_back_the_record(tmp_path: Path) -> None:
    path = tmp_path / "new" / "run.json"
    write_evaluation(path, FIRST, summarise(FIRST))
    assert read_evaluation(path) == FIRST
    assert json.loads(path.read_text("utf-8"))["summary"]["groups"]


@pytest.mark.parametrize("content", [None, "{", '{"format": 1}', "[]"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "run.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError) as raised:
        read_evaluation(path)
    assert str(path) in raised.value.message
    assert "--json" in raised.value.hint


LATER = record(
    document("a", judged("total", "right"), judged("seller", "right")),
    document("b", judged("total", "right"), judged("seller", "missing"), language="de"),
    document("c", judged("total", "right")),
)


def test_a_comparison_by_hand() -> None:
    comparison = compare_runs([FIRST, LATER], ["one", "two"])
    assert comparison.shared_documents == 2
    found = {(d.scope, d.name): d for d in comparison.differences}
    total = found[SCALARS, ALL]
    assert (total.values, total.gained, total.lost) == (4, 2, 1)
    assert total.p == pytest.approx(1.0)  # 1 of 3 coins
    assert total.first_f1 == pytest.approx(4 / 7)
    assert total.f1 == pytest.approx(6 / 7)
    assert total.difference == pytest.approx(2 / 7)
    lists = found[LISTS, ALL]
    assert (lists.values, lists.f1) == (0, None)
    assert {(c.example, c.path, c.gained) for c in comparison.changes} == {
        ("a", "seller", True),
        ("b", "total", True),
        ("b", "seller", False),
    }
    for table in comparison_tables(comparison):
        assert {len(row) for row in table.rows} == {len(table.head)}


def test_a_run_beside_itself_differs_in_nothing() -> None:
    comparison = compare_runs([FIRST, FIRST, FIRST], ["x", "x", "y"])
    assert comparison.runs == ("x 1", "x 2", "y")
    assert comparison.changes == ()
    assert {(d.p, d.lost, d.gained) for d in comparison.differences} == {(1.0, 0, 0)}


def test_runs_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(UsageError, match="no document in common"):
        compare_runs([FIRST, record(document("z"))], ["a", "b"])
    changed = judged("total", "right").model_copy(update={"truth": "another"})
    with pytest.raises(UsageError, match="different truths: a, total"):
        compare_runs([FIRST, record(document("a", changed))], ["a", "b"])


def outside(html: str) -> list[str]:
    """What would be loaded from somewhere else."""
    import re

    found = re.findall(r'(?:src|href|data|action)\s*=\s*"([^"]*)"', html)
    found += re.findall(r"url\(([^)]*)\)", html) + re.findall(r"@import[^;]*", html)
    return [place for place in found if not place.startswith(("data:image/jpeg", "#"))]


def test_the_report_loads_nothing_and_believes_nothing(tmp_path: Path) -> None:
    name = f"{HOSTILE} $\\frac$ 漢字 \x07"
    bad = judged(name, "wrong", match=None).model_copy(update={"truth": HOSTILE, "value": HOSTILE})
    hostile = record(
        document(HOSTILE, bad, judged("rows[0].x", "right"), doc_type=name, stratum=HOSTILE),
        document("b", bad, doc_type=name, language=HOSTILE),
        dataset=str(tmp_path),
    ).model_copy(update={"name": HOSTILE})
    comparison = compare_runs([hostile, hostile], [HOSTILE, "b"])
    html = report_html(
        hostile, summarise(hostile), load_settings(workspace=tmp_path), comparison=comparison
    )
    for text in (html, comparison_html(comparison)):
        assert "<script" not in text
        assert "evil.example/x.js&#34;" in text
        assert outside(text) == []
    assert html.count("<svg") == 4
    assert "There is no file" in html


def test_the_check_for_outside_places_can_fail() -> None:
    assert outside('<img src="http://a.example/b.png">') == ["http://a.example/b.png"]
    assert outside('<style>a { background: url(b.png) }</style><a href="#x">') == ["b.png"]


def test_plots_are_the_same_each_time() -> None:
    summary = summarise(FIRST)
    assert f1_plot(summary, (ALL,), "s") == f1_plot(summary, (ALL,), "s")
    assert f1_plot(summary, ("nothing",), "s") is None
