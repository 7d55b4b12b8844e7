"""From the tokens of an answer to scores of its characters, words, cells and blocks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.extractors.ocr.vlm.chat import ChatAnswer, Finish, Token
from docmill.extractors.ocr.vlm.confidence import CharacterScores, Part, parts_of
from docmill.extractors.ocr.vlm.page_scores import page_scores, traced
from docmill.extractors.ocr.vlm.regions import Region, RegionCell
from docmill.schemas.geometry import Box
from docmill.schemas.page import Block, Table, TableCell, TokenScore, Word

BOX = Box(x0=0.1, y0=0.1, x1=0.9, y1=0.2)
SURE = log(0.999)


def answer_of(tokens: list[Token], text: str | None = None, mode: str | None = "raw") -> ChatAnswer:
    written = b"".join(token.text for token in tokens).decode("utf-8", "replace")
    return ChatAnswer(
        text=written if text is None else text,
        finish=Finish.STOP,
        model="m",
        input_tokens=1,
        output_tokens=len(tokens),
        seconds=0.1,
        tokens=tuple(tokens),
        logprobs_mode=mode,
    )


def token(text: str | bytes, probability: float = 0.999, margin: float | None = 5.0) -> Token:
    raw = text.encode() if isinstance(text, str) else text
    return Token(raw, log(probability), margin)


def scores_of(*tokens: Token, text: str | None = None) -> CharacterScores:
    scores = CharacterScores.of(answer_of(list(tokens), text))
    assert scores is not None
    return scores


def the(score: TokenScore | None) -> TokenScore:
    assert score is not None
    return score


def test_a_stretch_has_the_minimum_mean_and_margin_of_its_tokens() -> None:
    scores = scores_of(
        token("To", 0.9, 3.0), token("tal", 0.8, 2.0), token(" 14", 0.5, 0.4), token(".50", 0.4, 1)
    )
    total, amount = the(scores.over((0, 5))), the(scores.over((6, 11)))
    assert total.minimum == pytest.approx(0.8)
    assert total.mean == pytest.approx((0.9 * 0.8) ** 0.5)
    assert total.margin == 2.0
    assert (amount.minimum, amount.margin) == (pytest.approx(0.4), 0.4)
    assert scores.mode == "raw"


def test_a_token_counts_for_every_word_it_reaches_into() -> None:
    scores = scores_of(token("ab c", 0.5), token("d", 0.9))
    assert the(scores.over((0, 2))).minimum == pytest.approx(0.5)
    assert the(scores.over((3, 5))).minimum == pytest.approx(0.5)
    assert the(scores.over((4, 5))).minimum == pytest.approx(0.9)


def test_a_character_spread_over_tokens_has_the_product_of_their_probabilities() -> None:
    euro = "€".encode()
    scores = scores_of(
        token("5"), token(b" " + euro[:1], 0.9, 1.0), token(euro[1:2], 0.5, 0.2), token(euro[2:])
    )
    score = the(scores.over((2, 3)))
    assert score.minimum == pytest.approx(0.9 * 0.5 * 0.999)
    assert score.margin == 0.2
    assert the(scores.over((0, 1))).minimum == pytest.approx(0.999)


def test_broken_bytes_keep_their_place() -> None:
    scores = scores_of(token(b"a\xff", 0.5), token("b", 0.9), token(b"\xe2\x82", 0.3))
    assert [piece.text for piece in scores.pieces] == ["a\ufffd", "b", "\ufffd"]
    assert the(scores.over((2, 3))).minimum == pytest.approx(0.9)
    assert the(scores.over((3, 4))).minimum == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        pytest.param(["ab", "cd", "<|im_end|>"], "abcd", id="end of turn"),
        pytest.param(["\n\n", " ab", "cd", "\n"], "abcd", id="outer white space"),
        pytest.param(["<|a|>", "ab", "<|b|>", "cd", "<|c|>"], "abcd", id="in the middle"),
        pytest.param(["ab", "", "cd"], "abcd", id="empty tokens"),
    ],
)
def test_tokens_that_servers_leave_out_are_passed_over(tokens: list[str], text: str) -> None:
    probabilities = {"cd": 0.4}
    scores = scores_of(*(token(part, probabilities.get(part, 0.9)) for part in tokens), text=text)
    assert the(scores.over((0, 2))).minimum == pytest.approx(0.9)
    assert the(scores.over((2, 4))).minimum == pytest.approx(0.4)


def test_without_probabilities_there_is_no_score() -> None:
    assert CharacterScores.of(answer_of([], text="Total")) is None
    assert CharacterScores.of(answer_of([token("x")], text="")) is None


def test_probabilities_of_another_text_are_of_no_use() -> None:
    assert CharacterScores.of(answer_of([token("Sub"), token("total")], text="Total 5")) is None


def test_a_stretch_that_is_not_wholly_covered_has_no_score() -> None:
    whole = scores_of(token("ab"), token("cd"))
    part = replace(whole, starts=(0,), ends=(2,), pieces=whole.pieces[:1])
    assert part.over((0, 2)) is not None
    assert part.over((0, 4)) is None
    assert whole.over((2, 2)) is None


def test_no_margin_where_a_token_has_none() -> None:
    scores = scores_of(token("ab", margin=None), token("cd", margin=1.0))
    assert the(scores.over((0, 4))).margin is None
    assert the(scores.over((2, 4))).margin == 1.0


def test_probabilities_above_one_are_certain() -> None:
    scores = scores_of(Token(b"ab", 1e-7), Token(b"c", -9999.0))
    assert the(scores.over((0, 2))).mean == 1.0
    assert the(scores.over((2, 3))).mean == 0.0


def test_coordinates_and_markup_are_scored_apart() -> None:
    scores = scores_of(
        token('<div data-bbox="', 0.7),
        token("12", 0.6),
        token(" 40", 0.5),
        token('" data-label="Text">', 0.8),
        token("Total", 0.9),
        token("</div>", 0.3),
    )
    everything = (0, len(scores.parts))
    assert the(scores.over(everything)).minimum == pytest.approx(0.9)
    assert the(scores.over(everything, Part.COORDINATES)).minimum == pytest.approx(0.5)
    assert the(scores.over(everything, Part.MARKUP)).minimum == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("raw", "content", "coordinates"),
    [
        ('<div data-bbox="1 20" data-label="Text 7"><p>A&amp;B</p></div>', "A&amp;B", "120"),
        ('<td colspan="2">x</td>', "x", ""),
        ('<img alt="a > b, 1"/>', "a>b,1", ""),
        ("<input type=checkbox checked>", "type=checkboxchecked", ""),
        ("1 < 2 and 3 > 2", "1<2and3>2", ""),
        ("## Total\n| a | b |\n|---|:--|\n| **1** | $$x$$ |", "Totalab1x", ""),
    ],
)
def test_what_a_character_is(raw: str, content: str, coordinates: str) -> None:
    parts = parts_of(raw)
    assert len(parts) == len(raw)
    found = {
        part: "".join(letter for letter, own in zip(raw, parts, strict=True) if own == part)
        for part in Part
    }
    assert found[Part.CONTENT] == content
    assert found[Part.COORDINATES] == coordinates


def test_answers_about_parts_are_joined_in_place() -> None:
    first, second = scores_of(token("ab", 0.9)), scores_of(token("cd", 0.4), token("e", 0.8))
    raw = "ab\n\ngap\n\ncde"
    joined = CharacterScores.joined(raw, [("ab", first), ("gap", None), ("cde", second)])
    assert joined is not None
    assert the(joined.over((0, 2))).minimum == pytest.approx(0.9)
    assert joined.over((4, 7)) is None
    assert the(joined.over((9, 11))).minimum == pytest.approx(0.4)
    assert the(joined.over((11, 12))).minimum == pytest.approx(0.8)
    assert joined.over((4, 12)) is None


def test_scores_of_two_modes_are_not_joined() -> None:
    first, second = scores_of(token("ab")), replace(scores_of(token("cd")), mode="processed")
    assert CharacterScores.joined("ab\ncd", [("ab", first), ("cd", second)]) is None
    assert CharacterScores.joined("ab", [("ab", None)]) is None


@given(st.text(max_size=60), st.lists(st.integers(1, 7), max_size=60), st.data())
def test_every_token_border_keeps_every_character(
    text: str, lengths: list[int], data: st.DataObject
) -> None:
    raw, tokens, at = text.encode("utf-8", "replace"), list[Token](), 0
    for length in [*lengths, len(raw) + 1]:
        if at >= len(raw):
            break
        tokens.append(Token(raw[at : at + length], -0.25 * (1 + at % 5)))
        at += length
    scores = CharacterScores.of(answer_of(tokens))
    assert (scores is None) == (not raw)
    if scores is None:
        return
    assert "".join(piece.text for piece in scores.pieces) == raw.decode()
    assert sum(piece.logprob for piece in scores.pieces) == pytest.approx(
        sum(part.logprob for part in tokens)
    )
    start = data.draw(st.integers(0, len(text)))
    score = scores.over((start, data.draw(st.integers(start, len(text)))))
    assert score is None or 0 < score.minimum <= score.mean <= 1


def test_text_is_traced_through_tags_and_entities() -> None:
    raw = '<p data-bbox="1 2">Caf&eacute; <b>A</b>&amp;B x&#50;</p>'
    text = "• Café A&B x2"
    spans = traced(text, raw, (0, len(raw)), parts_of(raw))
    shown = ["" if span is None else raw[slice(*span)] for span in spans]
    assert shown == ["", "", "C", "a", "f", "&eacute;", "", "A", "&amp;", "B", "", "x", "&#50;"]


def test_tick_boxes_are_traced_to_their_tags() -> None:
    raw = '<input type="checkbox" checked/> Paid <input type="checkbox"/> Open'
    spans = traced("☒ Paid ☐ Open", raw, (0, len(raw)), parts_of(raw))
    first, second = spans[0], spans[7]
    assert first is not None
    assert second is not None
    assert raw[slice(*first)] == '<input type="checkbox" checked/>'
    assert raw[slice(*second)] == '<input type="checkbox"/>'
    scores = scores_of(token('<input type="checkbox"'), token(" checked", 0.6), token(raw[30:]))
    assert the(scores.over(first)).minimum == pytest.approx(0.6)


@dataclass(frozen=True)
class From:
    region: int
    cell: int | None
    start: int
    end: int


@dataclass(frozen=True)
class Placed:
    words: tuple[Word, ...]
    blocks: tuple[Block, ...]
    tables: tuple[Table, ...]
    origins: tuple[From, ...]
    findings: tuple[str, ...] = ()


def word(text: str, block: int) -> Word:
    return Word(text=text, box=BOX, block=block, line=0)


def test_words_cells_and_blocks_of_a_page() -> None:
    scores = scores_of(
        *(token('<p data-bbox="'), token("1 2", 0.55), token('">'), token("Hello ", 0.9)),
        *(token("w", 0.8), token("orld", 0.7), token("</p>", 0.2)),
        *(token("<table><td>"), token("14", 0.6), token(".5", 0.3), token("</td>"), token("<td>")),
        *(token("x", 0.95), token("</td></table>")),
    )
    raw = "".join(piece.text for piece in scores.pieces)
    table = raw.index("<table>")
    hello = raw.index("Hello")
    cell, other = raw.index("14"), raw.index("x<")
    regions = (
        Region("text", "p", BOX, "Hello world ☑", raw[hello:table], (hello, table)),
        Region(
            "table",
            "table",
            BOX,
            "14.5\tx",
            raw[table:],
            (table, len(raw)),
            (
                RegionCell(0, 0, 1, 1, "14.5", False, (cell, cell + 4)),
                RegionCell(0, 1, 1, 1, "x", False, (other, other + 1)),
            ),
        ),
    )
    cells = (
        TableCell(row=0, column=0, text="14.5", box=BOX, words=(3,)),
        TableCell(row=0, column=1, text="x y", box=BOX, words=(4, 5)),
    )
    placed = Placed(
        words=(
            *(word("Hello", 0), word("world", 0), word("☑", 0)),
            *(word("14.5", 1), word("x", 1), word("☑", 0)),
        ),
        blocks=(
            Block(label="text", text="Hello world ☑", box=BOX),
            Block(label="table", text="14.5\tx", box=BOX),
            Block(label="picture", text="", box=BOX),
        ),
        tables=(Table(box=BOX, rows=1, columns=2, cells=cells),),
        origins=(
            *(From(0, None, 0, 5), From(0, None, 6, 11), From(0, None, 12, 13)),
            *(From(1, 0, 0, 4), From(1, 1, 0, 1), From(0, None, 12, 13)),
        ),
    )
    page = page_scores(placed, regions, raw, scores)
    assert page.mode == "raw"
    first, world, ticked, amount, unit, _ = page.words
    assert the(first).minimum == pytest.approx(0.9)
    assert the(world).minimum == pytest.approx(0.7)
    assert the(world).mean == pytest.approx(exp((log(0.8) + log(0.7)) / 2))
    assert ticked is None
    assert the(amount).minimum == pytest.approx(0.3)
    assert the(unit).minimum == pytest.approx(0.95)
    assert the(page.cells[0][0]).minimum == pytest.approx(0.3)
    assert page.cells[0][1] is None
    assert the(page.blocks[0]).minimum == pytest.approx(0.7)
    assert page.blocks[2] is None
    assert the(page.coordinates[0]).minimum == pytest.approx(0.55)
    assert page.coordinates[1] is None
