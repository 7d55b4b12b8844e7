"""Keys and values of forms, by where they stand."""

from __future__ import annotations

from collections.abc import Callable

from docmill.extractors.extract import extract
from docmill.extractors.layout import layout_of
from docmill.extractors.local.extractor import LocalExtractor
from docmill.extractors.local.form_keys import key_text, value_text
from docmill.extractors.local.pairs import find_pairs
from docmill.schemas.extraction import ValueStatus
from docmill.schemas.loading import load_schema
from docmill.schemas.page import PageText
from docmill.schemas.parsing import parse_json_schema, schema_from_json

Typed = Callable[..., PageText]


def pairs_of(page: PageText) -> list[tuple[str, str]]:
    return [(key_text(p.key), value_text(p.value)) for p in find_pairs(layout_of([page]))]


def test_values_stand_behind_a_colon_beside_or_below(typed: Typed) -> None:
    page = typed(
        ["Name: Ada Example      City:   Testville", "", "Comments:", "Please ring twice, and",
         "leave it at the door.", "", "", "", "Phone:"]
    )  # fmt: skip
    assert pairs_of(page) == [
        ("Name", "Ada Example"),
        ("City", "Testville"),
        ("Comments", "Please ring twice, and leave it at the door."),
    ]


def test_a_value_goes_on_in_the_lines_under_it(typed: Typed) -> None:
    page = typed(["Address:    12 Sample Road", "            Testville", "Age:    40"])
    assert pairs_of(page) == [("Address", "12 Sample Road Testville"), ("Age", "40")]


def test_short_texts_beside_figures_are_keys_without_a_colon(typed: Typed) -> None:
    page = typed(["Mugs        720", "Posters     100", "Date made 5/3/90", "Date sent 6/3/90"])
    assert pairs_of(page) == [
        ("Mugs", "720"),
        ("Posters", "100"),
        ("Date made", "5/3/90"),
        ("Date sent", "6/3/90"),
    ]


def test_headings_over_a_grid_are_the_keys_of_its_cells(typed: Typed) -> None:
    page = typed(["Account        Volume    Stores", "Speedy Q       196/13    16",
                  "Clark Gas      81/9      142"])  # fmt: skip
    assert pairs_of(page) == [
        ("Account", "Speedy Q"), ("Volume", "196/13"), ("Stores", "16"),
        ("Account", "Clark Gas"), ("Volume", "81/9"), ("Stores", "142"),
    ]  # fmt: skip


def test_numbers_and_ruled_lines_are_no_part_of_a_pair(typed: Typed) -> None:
    page = typed(["(12) First sale:____ 10/26/87", "Last sale: ____________"])
    assert pairs_of(page) == [("First sale", "10/26/87")]


def test_a_colon_inside_a_printed_word_parts_it(typed: Typed) -> None:
    assert pairs_of(typed(["Phone:555-0100", "open daily at 10:30"])) == [("Phone", "555-0100")]


def test_pairs_fill_any_list_of_that_shape(typed: Typed) -> None:
    schema = schema_from_json(
        {"title": "sheet", "type": "object", "properties": {"entries": {
            "type": "array", "x-shape": "pairs", "items": {"type": "object", "properties": {
                "question": {"type": "string"}, "answer": {"type": "string"}}}}}}
    )  # fmt: skip
    extraction = extract([typed(["Name: Ada", "City: Testville"])], schema, LocalExtractor())
    values = {field.path: field.value for field in extraction.fields}
    assert values["entries[1].question"] == "City"
    assert values["entries[1].answer"] == "Testville"
    assert all(field.evidence for field in extraction.fields)


def test_a_page_without_pairs_gives_none(typed: Typed) -> None:
    extraction = extract([typed(["Once upon a time."])], load_schema("form"), LocalExtractor())
    assert not [field for field in extraction.fields if field.status is ValueStatus.PRESENT]


def test_rows_that_do_not_fit_their_shape_are_refused() -> None:
    items = {"type": "object", "properties": {"label": {"type": "string"}}}
    entries = {"type": "array", "x-shape": "checkboxes", "items": items}
    parsed = parse_json_schema({"title": "t", "type": "object", "properties": {"e": entries}})
    assert parsed.schema is None
    assert "rows do not fit" in parsed.problems[0].message


def test_keys_on_the_left_are_no_headings_of_a_grid(typed: Typed) -> None:
    page = typed(
        ["Full name            Ada Example", "Date of birth        14/08/1991",
         "Postcode             YO15 9ZZ", "Telephone            01262 555 0117"]
    )  # fmt: skip
    assert pairs_of(page) == [
        ("Full name", "Ada Example"),
        ("Date of birth", "14/08/1991"),
        ("Postcode", "YO15 9ZZ"),
        ("Telephone", "01262 555 0117"),
    ]
