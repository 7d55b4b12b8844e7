"""Values in running text, found by cues; any schema can have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.extractors.extract import extract
from docmill.extractors.layout import layout_of
from docmill.extractors.local.extractor import LocalExtractor
from docmill.extractors.values.durations import duration, duration_value, find_durations
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.loading import load_schema
from docmill.schemas.page import PageText
from docmill.schemas.parsing import parse_json_schema, schema_from_json

Typed = Callable[..., PageText]


def values_of(page: PageText, schema: DocumentSchema) -> dict[str, str]:
    fields = extract([page], schema, LocalExtractor()).fields
    assert all(field.evidence for field in fields if field.value)
    return {field.path: field.value for field in fields if field.value}


CONTRACTS: Mapping[str, tuple[list[str], dict[str, str]]] = {
    "en": (
        ["NON-DISCLOSURE AGREEMENT",
         "This Agreement is made as of January 3, 2007 by and between Potomac Widgets, LLC, a",
         "Delaware limited liability company (the “Company”), and Compu Dynamics Corporation, a",
         "Nevada corporation. It shall be governed by and construed in accordance with the laws",
         "of the State of New York. This Agreement shall terminate two (2) years after its date."],
        {"effective_date": "2007-01-03", "term": "2 years", "jurisdiction": "New York",
         "parties[0]": "Potomac Widgets, LLC", "parties[1]": "Compu Dynamics Corporation"},
    ),
    "de": (
        ["DIENSTLEISTUNGSVERTRAG",
         "Zwischen der Muster Software GmbH (nachfolgend Auftraggeber) und der Beispiel Bau AG",
         "(nachfolgend Auftragnehmer) wird Folgendes vereinbart. Der Vertrag tritt am 1. März 2024",
         "in Kraft und hat eine Laufzeit von 18 Monaten. Es gilt das Recht der Bundesrepublik",
         "Deutschland."],
        {"effective_date": "2024-03-01", "term": "18 months",
         "jurisdiction": "Bundesrepublik Deutschland",
         "parties[0]": "Muster Software GmbH", "parties[1]": "Beispiel Bau AG"},
    ),
    "fr": (
        ["CONTRAT DE PRESTATION DE SERVICES",
         "Entre les soussignés Exemple Conseil SARL, société au capital de 1000 euros, et",
         "Modèle Industrie SAS (ci-après le client), il est convenu ce qui suit. Le contrat prend",
         "effet le 2 avril 2024 pour une durée de trois ans. Il est régi par les lois de la",
         "République de Testlande."],
        {"effective_date": "2024-04-02", "term": "3 years", "parties[0]": "Exemple Conseil SARL",
         "parties[1]": "Modèle Industrie SAS"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("language", CONTRACTS)
def test_contracts_in_sentences(typed: Typed, language: str) -> None:
    lines, truth = CONTRACTS[language]
    found = values_of(typed(lines), load_schema("contract"))
    assert {path: found.get(path) for path in truth} == truth
    assert len([path for path in found if path.startswith("parties")]) == 2


def test_a_schema_of_ones_own_has_cues(typed: Typed) -> None:
    schema = schema_from_json(
        {"title": "lease", "type": "object", "required": ["rent"], "properties": {
            "rent": {"type": "number", "x-kind": "amount", "x-cues": ["monthly rent … is {}"]},
            "notice": {"type": "string", "x-kind": "duration", "x-cues": ["notice period of"]},
            "use": {"type": "string", "x-kind": "text", "x-cues": ["used only as {}"]},
        }}
    )  # fmt: skip
    page = typed(
        ["The monthly rent for the rooms is EUR 1,250.00 and is due on the first day. There",
         "is a notice period of three months. The rooms are used only as an office, and not",
         "for any other purpose."]
    )  # fmt: skip
    found = values_of(page, schema)
    assert found == {"rent": "1250.00", "notice": "3 months", "use": "an office"}


def test_signs_of_a_cue_must_stand_in_the_text(typed: Typed) -> None:
    """`{} (the "Company"` is no `the Company` anywhere."""
    page = typed(["Later Big Things Inc told the Company that nothing would change at all."])
    assert "parties[0]" not in values_of(page, load_schema("contract"))


def test_a_cue_without_words_is_refused() -> None:
    properties: dict[str, Any] = {"a": {"type": "string", "x-cues": ["{} …"]}}
    parsed = parse_json_schema({"title": "t", "type": "object", "properties": properties})
    assert parsed.schema is None
    assert "without a word" in parsed.problems[0].message


@pytest.mark.parametrize(
    ("text", "value"),
    [("two (2) years", "2 years"), ("18 Monate", "18 months"), ("un an", "1 year"),
     ("eighteen (18) month period", "18 months"), ("one-year", "1 year"),
     ("treinta días", "30 days"), ("due settimane", "2 weeks"), ("twenty-four months", "24 months"),
     ("years of experience", None), ("chapter two", None)],
)  # fmt: skip
def test_durations(text: str, value: str | None) -> None:
    assert duration_value(text) == value


@given(number=st.integers(1, 999), unit=st.sampled_from(["day", "week", "month", "year"]))
def test_a_duration_reads_as_it_is_written(typed: Typed, number: int, unit: str) -> None:
    text = duration(number, unit)
    assert duration_value(text) == text
    (found,) = find_durations(layout_of([typed([f"for {text} from now"])]).segments[0])
    assert (found.value, found.raw) == (text, text)
