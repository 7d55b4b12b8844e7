"""Where a name in running text begins and ends: capitals, legal forms, and what may join them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from docmill.extractors.fold import folded
from docmill.extractors.layout import Token
from docmill.extractors.values.parties import has_legal_form
from docmill.schemas.naming import vocabulary

MAX_WORDS = 10


@dataclass(frozen=True, eq=False)
class Piece:
    """A word or a sign of running text, with the printed word it belongs to.

    `breaks` where its line ends here, well before the margin: a heading, an address, a signature.
    """

    text: str
    token: Token
    breaks: bool = False


# Words inside a name that are not capitalised: Bank of Scotland, Rudolf von Habsburg.
_JOINTS = vocabulary("of de del della di du des la le van von der den zu the for")
_ARTICLES = vocabulary("the der die das dem den le la les l el los il lo gli i a an")
# Words that begin a sentence with a capital and are no part of the name after them.
_PREPOSITIONS = vocabulary(
    "between by among and zwischen und entre et tra fra y tussen"
    " en mellan och mellem og since whereas"
)
# Words that are capitalised in contracts and yet name nobody.
_GENERIC = frozenset(
    folded(word)
    for words in (
        "this that these those such each any all section article exhibit agreement contract",
        "letter company corporation employee employer executive party parties recipient discloser",
        "undersigned buyer seller purchaser landlord tenant lessor lessee licensor licensee client",
        "customer contractor consultant borrower lender you your director affiliates affiliate",
        "representatives disclosing receiving state commonwealth witness now dear re by name title",
        "date attn attention Vertrag Partei Parteien Auftraggeber Auftragnehmer Vermieter Mieter",
        "Verkäufer Käufer contrat partie société contrato parte partes contratto parti",
    )
    for word in words.split()
)
# Titles after a person's name.
_SUFFIXES = vocabulary("md phd esq jr sr ii iii mba cpa")
_SHORT_STOPS = frozenset({"a", "an", "and", "or"})


def name_after(pieces: Sequence[Piece], start: int) -> tuple[Token, ...]:
    """The words of the name that begins at `start`, an article before it left out; or none."""
    while start < len(pieces) and _is_opening(pieces[start].text):
        start += 1
    end = start
    while end < len(pieces) and end - start < MAX_WORDS and _goes_on(pieces, start, end):
        end += 1
        if pieces[end - 1].breaks or _ends_sentence(pieces[end - 1].text):
            break
        if _is_form(pieces[end - 1].text) and not _form_at(pieces, end):
            break
    return _tokens(pieces, start, end)


def name_before(pieces: Sequence[Piece], stop: int) -> tuple[Token, ...]:
    """The words of the name that ends right before `stop`; or none."""
    end = stop
    while end > 0 and (pieces[end - 1].text in (",", '"') or _is_suffix(pieces[end - 1].text)):
        end -= 1
    start = end
    inside_forms = True
    while start > 0 and end - start < MAX_WORDS:
        text = pieces[start - 1].text
        form = _is_form(text)
        if form and not inside_forms:
            break  # the end of another name
        if (pieces[start - 1].breaks and start < end) or folded(text) in _PREPOSITIONS:
            break
        if text == "," and not (start < end and _is_form(pieces[start].text)):
            break
        if text != "," and not form and not _is_capital(text) and not _joins(pieces, start - 1):
            break
        if not form and text not in (",", "&") and _ends_sentence(text):
            break
        inside_forms = inside_forms and (form or text == ",")
        start -= 1
    while start < end and not _is_capital(pieces[start].text):
        start += 1
    return _tokens(pieces, start, end)


def _is_opening(text: str) -> bool:
    return text in ('"', ":", ",") or (text.islower() and folded(text) in _ARTICLES)


def _goes_on(pieces: Sequence[Piece], start: int, at: int) -> bool:
    """Whether the piece at `at` belongs to a name that began at `start`."""
    text = pieces[at].text
    if text == ",":
        return at > start and _form_at(pieces, at + 1)
    if _is_capital(text):
        return folded(text) not in _PREPOSITIONS
    if at == start:
        return False
    return _is_form(text) or _joins(pieces, at) or (text[0].isdigit() and text.isalnum())


def _joins(pieces: Sequence[Piece], at: int) -> bool:
    """Whether a small word or `&` stands between two capitalised ones."""
    if pieces[at].text != "&" and pieces[at].text not in _JOINTS:
        return False
    inside = 0 < at < len(pieces) - 1
    return inside and _is_capital(pieces[at - 1].text) and _is_capital(pieces[at + 1].text)


def _is_capital(text: str) -> bool:
    return text[:1].isupper() and text[0].isalpha()


def _form_at(pieces: Sequence[Piece], at: int) -> bool:
    return at < len(pieces) and _is_form(pieces[at].text)


def _is_form(text: str) -> bool:
    """Whether a single word is a legal form: Inc., GmbH, L.L.C."""
    return folded(text) not in _SHORT_STOPS and len(text) > 1 and names_firm(text)


def names_firm(text: str) -> bool:
    """Whether a legal form stands in the text, capitals included: ACME, INC."""
    words = text.split() if text.isupper() else ()
    return has_legal_form(text) or any(has_legal_form(word.capitalize()) for word in words)


def _is_suffix(text: str) -> bool:
    return folded(text) in _SUFFIXES


def _ends_sentence(text: str) -> bool:
    """A full stop after a word that is no initial, abbreviation or legal form."""
    return text.endswith(".") and len(text) > 4 and not _is_form(text) and "." not in text[:-1]


def _tokens(pieces: Sequence[Piece], start: int, end: int) -> tuple[Token, ...]:
    words = [piece.text for piece in pieces[start:end] if folded(piece.text)]
    if all(folded(word) in _GENERIC or _is_form(word) for word in words):
        return ()
    return tuple(dict.fromkeys(piece.token for piece in pieces[start:end]))
