"""HTML as tags and text: no visible character is lost, whatever a model writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.extractors.ocr.vlm.html_tokens import Characters, End, Start, Token, tokens_of

SNIPPETS = st.sampled_from(
    ["<", ">", "&", "&amp;", "&lt;", "&#65;", "&am", '"', "'", "<b>", "</b>", "<br/>", "<td ",
     "<td class='a'>", '<td align="left>', "</table>", "<!--", "-->", "<math>", "</math>", "x<y",
     "a", " ", "\n", "<foo>", "</p", "<p/>", "<div data-bbox='1 2 3 4'>", "AT&T", "<input checked>",
     "</ ", "<!DOCTYPE html>", "<?xml", "]]>", "<script>", "</script>", "\ue000"]
)  # fmt: skip
MARKUP = st.lists(SNIPPETS, max_size=30).map("".join)


def _text(raw: str) -> str:
    return "".join(t.text for t in tokens_of(raw).tokens if isinstance(t, Characters))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a < b", "a < b"),
        ("<p>AT&T", "AT&T"),
        ("x &lt; y &amp; z &#65;", "x < y & z A"),
        ("?a=1&copy=2", "?a=1&copy=2"),
        ("<p>a <foo> b</p>", "a <foo> b"),
        ('<td align="left>x</td>', '<td align="left>x'),
        ("<math>x<y</math>", "x<y"),
        ("<math>x<p</math> q", "x<p q"),
        ("<code>vector<int></code>", "vector<int>"),
        ("5 <", "5 <"),
        ("price <100", "price <100"),
        ("<script>if (a<b) {}</script>", "<script>if (a<b) {}</script>"),
        ("a <!-- b", "a <!-- b"),
        ('<img alt="a > b">c', "c"),
        ("<br class=x/>c", "c"),
    ],
)
def test_text_that_is_no_tag_stays(raw: str, text: str) -> None:
    assert _text(raw) == text


@pytest.mark.parametrize("raw", ["<p>a</p", "a<di", '<td class="x', "a<br", "a</"])
def test_an_end_within_a_tag_is_told(raw: str) -> None:
    found = tokens_of(raw)
    assert not found.whole
    assert found.findings[-1].startswith("ends within a tag")
    assert _text(raw) in ("a", "")


def test_before_the_end_of_the_answer_no_tag_is_cut() -> None:
    found = tokens_of("price <p and more", 0, 8)
    assert found.whole
    assert [t.text for t in found.tokens if isinstance(t, Characters)] == ["price <p"]


@pytest.mark.parametrize("unit", ["<!--", "<td ", "<", "<math>x<y", "&", "<p>"])
def test_the_time_grows_with_the_answer_not_with_its_square(unit: str) -> None:
    assert tokens_of(unit * 20_000).tokens  # a loop; the square would take minutes


def test_comments_are_left_out_and_told() -> None:
    found = tokens_of("a<!-- <p>no --> b")
    assert (found.whole, found.findings) == (True, ("left out: '<!-- <p>no -->'",))
    assert _text("a<!-- <p>no --> b").split() == ["a", "b"]


def test_attributes_of_every_form() -> None:
    (tag,) = tokens_of("""<INPUT Type='check&amp;box' checked value=a/b data-X = "1 2">""").tokens
    assert isinstance(tag, Start)
    assert tag.name == "input"
    assert tag.attributes == {"type": "check&box", "checked": "", "value": "a/b", "data-x": "1 2"}


def test_of_two_equal_attributes_the_first_counts() -> None:
    (tag,) = tokens_of("<td colspan=2 colspan=3>").tokens
    assert isinstance(tag, Start) and tag.attributes == {"colspan": "2"}


@given(MARKUP)
def test_tokens_cover_the_answer_in_order(raw: str) -> None:
    found = tokens_of(raw)
    place = 0
    for token in found.tokens:
        assert token.start == place or not raw[place : token.start].strip()
        assert token.end >= token.start
        place = token.end
    assert place == len(raw) or not found.whole


@given(MARKUP, st.text(max_size=5))
def test_places_count_from_the_beginning_of_the_answer(raw: str, before: str) -> None:
    alone = tokens_of(raw)
    within = tokens_of(before + raw, len(before))
    shift = len(before)

    def moved(token: Token) -> tuple[type[Token], int, int]:
        return type(token), token.start + shift, token.end + shift

    assert [moved(t) for t in alone.tokens] == [(type(t), t.start, t.end) for t in within.tokens]


@given(st.lists(st.one_of(st.text(alphabet="ab<> &;\n\"'/="), SNIPPETS), max_size=20).map("".join))
def test_every_tag_is_one_in_the_answer(raw: str) -> None:
    for token in tokens_of(raw).tokens:
        written = raw[token.start : token.end].lower()
        if isinstance(token, Start):
            assert written.startswith(f"<{token.name}") and written.endswith(">")
        elif isinstance(token, End) and written:
            assert written.startswith(f"</{token.name}") and written.endswith(">")


LETTERS = st.sampled_from(
    ["x", "y", "z", " ", "\n", "<p>", "</p>", "<td>", "<b>", "</div>", "<br>", "<", "<y", "< ",
     "<math>", "<table><tr>"]
)  # fmt: skip


@given(st.lists(LETTERS, max_size=25))
def test_letters_outside_of_tags_are_never_lost(pieces: list[str]) -> None:
    raw = "".join(pieces) + "."
    letters = [sign for piece in pieces if ">" not in piece for sign in piece if sign in "xyz"]
    assert [sign for sign in _text(raw) if sign in "xyz"] == letters
