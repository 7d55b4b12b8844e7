from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.infra.evaluation.fields import invented_values, judge
from docmill.infra.evaluation.truth import truth_of
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.evaluation import Counts, Judgement, counts_of

ROWS = st.lists(
    st.fixed_dictionaries({"what": st.sampled_from("abcdef"), "price": st.sampled_from("123")}),
    max_size=6,
)


def verdicts(judgements: tuple[Judgement, ...]) -> dict[str, str]:
    return {judgement.path: judgement.verdict.value for judgement in judgements}


def test_single_values(shop: DocumentSchema, example: Any, values: Any) -> None:
    fields = {"number": "A-1", "day": "04/05/20", "seller": "ACME Corp", "total": 12.5}
    truth = truth_of(example(fields=fields), shop, {}, {})
    found = values({"number": "A-2", "day": "2020-05-04", "total": "12.50"})
    judgements = judge(truth, found, shop)
    assert verdicts(judgements) == {
        "number": "wrong",
        "day": "right",
        "seller": "missing",
        "total": "right",
    }
    assert counts_of(judgements) == Counts(right=2, given=3, wanted=4)
    assert [judgement.confidence for judgement in judgements] == [0.8, 0.8, None, 0.8]


def test_what_the_truth_does_not_cover_is_not_judged(
    shop: DocumentSchema, example: Any, values: Any
) -> None:
    truth = truth_of(example(fields={"number": "A-1"}), shop, {}, {})
    found = values({"number": "A-1", "total": "9"})
    assert verdicts(judge(truth, found, shop)) == {"number": "right"}
    complete = judge(truth, found, shop, complete={"total", "day"})
    assert verdicts(complete) == {"number": "right", "total": "spurious"}


def test_a_truth_of_nothing_makes_a_value_spurious(
    shop: DocumentSchema, example: Any, values: Any
) -> None:
    truth = truth_of(example(fields={"number": None, "total": ""}), shop, {}, {})
    judgements = judge(truth, values({"total": "9"}), shop)
    assert verdicts(judgements) == {"total": "spurious"}
    assert counts_of(judgements) == Counts(right=0, given=1, wanted=0)


def test_rows_are_paired_whatever_their_order(
    shop: DocumentSchema, example: Any, values: Any
) -> None:
    truth = [{"what": "bolt", "price": "1.00"}, {"what": "nut", "price": "2.00"},
             {"what": "saw", "price": "9.00"}]  # fmt: skip
    found = {
        "rows[0].what": "nut",
        "rows[0].price": "2.00",
        "rows[1].what": "bolt",
        "rows[1].price": "1.50",
        "rows[2].what": "glue",
        "rows[2].price": "7.00",
        "rows[3].price": "5.00",
    }
    entry = example(fields={}, rows=truth)
    judgements = judge(truth_of(entry, shop, {}, {}), values(found), shop)
    assert verdicts(tuple(j for j in judgements if j.wanted)) == {
        "rows[0].what": "right",
        "rows[0].price": "wrong",
        "rows[1].what": "right",
        "rows[1].price": "right",
        "rows[2].what": "missing",
        "rows[2].price": "missing",
    }
    assert verdicts(tuple(j for j in judgements if not j.wanted)) == {
        "rows[2].what": "spurious",
        "rows[2].price": "spurious",
        "rows[3].price": "spurious",
    }
    assert counts_of(judgements) == Counts(right=3, given=7, wanted=6)
    assert {judgement.pattern for judgement in judgements} == {"rows[].what", "rows[].price"}


def test_a_plain_list_is_a_set(shop: DocumentSchema, example: Any, values: Any) -> None:
    entry = example(fields={"party": ["Blue_Coat_Inc.", "Packeteer_Inc."]})
    truth = truth_of(entry, shop, {}, {"party": "parties"})
    found = values({"parties[0]": "Packeteer Inc.", "parties[1]": "Somebody Else"})
    judgements = judge(truth, found, shop)
    assert counts_of(judgements) == Counts(right=1, given=2, wanted=2)
    assert {j.path: j.right for j in judgements if j.wanted} == {
        "parties[0]": False,
        "parties[1]": True,
    }


def test_a_truth_without_a_field_is_named(shop: DocumentSchema, example: Any) -> None:
    truth = truth_of(example(fields={"number": "1", "colour": "red"}), shop, {}, {})
    assert truth.unscored == ("colour",)


def test_pairs_are_right_as_a_whole(form: DocumentSchema, example: Any, values: Any) -> None:
    fields = {"Name:": "Ann Li", "Date:": "May 1", "To:": ["R. Ray", "S. Sun"]}
    truth = truth_of(example(fields=fields), form, {}, {})
    found = {
        "pairs[0].key": "Date",
        "pairs[0].value": "May 7",
        "pairs[1].key": "name:",
        "pairs[1].value": "Ann Li",
        "pairs[2].key": "Fax",
        "pairs[2].value": "none",
    }
    judgements = judge(truth, values(found), form)
    wanted = {j.truth: (j.verdict.value, j.key_right) for j in judgements if j.wanted}
    assert wanted["Name: → Ann Li"] == ("right", True)
    assert wanted["Date: → May 1"][0] == "wrong"
    assert wanted["To: → R. Ray S. Sun"] == ("missing", False)
    assert counts_of(judgements) == Counts(right=1, given=3, wanted=3)
    assert {judgement.pattern for judgement in judgements} == {"pairs[]"}
    assert truth.unscored == ()


def test_answers_may_be_given_one_by_one(form: DocumentSchema, example: Any, values: Any) -> None:
    truth = truth_of(example(fields={"Store:": ["North", "South", "East"]}), form, {}, {})
    found = {"pairs[0].key": "Store", "pairs[0].value": "South",
             "pairs[1].key": "Store", "pairs[1].value": "North"}  # fmt: skip
    judgements = judge(truth, values(found), form)
    assert {j.path: (j.truth, j.verdict.value) for j in judgements} == {
        "pairs[0].0": ("Store: → North", "right"),
        "pairs[0].1": ("Store: → South", "right"),
        "pairs[0].2": ("Store: → East", "missing"),
    }
    assert {j.pattern for j in judgements} == {"pairs[]"}


def test_a_key_with_a_blank_is_not_judged(form: DocumentSchema, example: Any, values: Any) -> None:
    truth = truth_of(example(fields={"Signed": "", "To": "Ann"}), form, {}, {})
    found = {"pairs[0].key": "Signed", "pairs[0].value": "Ann Li"}
    judgements = judge(truth, values(found), form)
    assert [(j.truth, j.verdict.value) for j in judgements] == [("To → Ann", "missing")]


def test_a_pair_has_the_box_of_its_value(
    form: DocumentSchema, example: Any, values: Any, page: Any
) -> None:
    answers = [
        ("Ann", [0, 0, 90, 20], [100, 0, 200, 20]),
        ("Bob", [0, 0, 90, 20], [100, 20, 200, 40]),
        ("Cy", [0, 900, 90, 920], [5, 9, 9, 19]),  # another question of the same words
    ]
    pairs = [
        {"key": "To", "value": value, "key_box": key_box, "value_box": value_box}
        for value, key_box, value_box in answers
    ]
    entry = example(fields={"To": ["Ann", "Bob", "Cy"]}, gt={"kv_pairs": pairs})
    truth = truth_of(entry, form, {1: page()}, {})
    found = values(
        {"pairs[0].key": "To", "pairs[0].value": "Ann Bob"},
        {"pairs[0].value": (0.1, 0, 0.2, 0.01)},
    )
    first, second = judge(truth, found, form)
    assert (first.truth, first.verdict.value) == ("To → Ann Bob", "right")
    assert first.truth_place is not None
    assert first.truth_place.box.as_tuple() == pytest.approx((0.1, 0, 0.2, 0.02))
    assert first.iou == pytest.approx(0.5)
    assert (second.truth, second.verdict.value) == ("To → Cy", "missing")


@given(rows=ROWS)
def test_a_perfect_answer_scores_one(
    shop: DocumentSchema, example: Any, values: Any, rows: list[dict[str, str]]
) -> None:
    truth = truth_of(example(fields={"number": "7"}, rows=rows), shop, {}, {})
    found = {"number": "7"}
    for number, row in enumerate(reversed(rows)):
        found |= {f"rows[{number}].{name}": cell for name, cell in row.items()}
    judgements = judge(truth, values(found), shop)
    assert all(judgement.strict for judgement in judgements)
    size = 1 + 2 * len(rows)
    assert counts_of(judgements) == Counts(right=size, given=size, wanted=size)


@given(truth=ROWS, found=ROWS)
def test_truth_and_answer_may_change_places(
    shop: DocumentSchema,
    example: Any,
    values: Any,
    truth: list[dict[str, str]],
    found: list[dict[str, str]],
) -> None:
    counts: list[Counts] = []
    for wanted, given_rows in ((truth, found), (found, truth)):
        given_values = {
            f"rows[{number}].{name}": cell
            for number, row in enumerate(given_rows)
            for name, cell in row.items()
        }
        true = truth_of(example(fields={}, rows=wanted), shop, {}, {})
        counts.append(counts_of(judge(true, values(given_values), shop)))
    assert counts[0].right == counts[1].right
    if truth and found:  # without any row, the truth has no columns to judge by
        assert (counts[0].given, counts[0].wanted) == (counts[1].wanted, counts[1].given)


def test_invented_values_are_found_by_an_own_look(values: Any, page: Any) -> None:
    pages = [page("Invoice", "4711", "ACME", "Corp."), page("Total", "1.234,50", page=2)]
    found = values(
        {"number": "4711", "seller": "ACME Corp", "total": "1.234,50", "day": "1 May", "x": "CORP"}
    )
    assert invented_values(found, pages) == ("day",)
    split = values({"seller": "Invoice Total"})  # all pieces stand there, apart
    assert invented_values(split, pages) == ()
    derived = {path: value.model_copy(update={"derived": True}) for path, value in found.items()}
    assert invented_values(derived, pages) == ()
    assert invented_values(found, []) == ("number", "seller", "total", "day", "x")
