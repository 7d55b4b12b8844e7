"""What a field's name gives away: its kind, its role and the labels it is likely printed under."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice, product
from typing import Final

from docmill.schemas.document_schema import FieldKind, Role


def vocabulary(words: str) -> frozenset[str]:
    """The words of a space-separated text."""
    return frozenset(words.split())


_MAX_LABELS: Final = 16
_DESCRIPTION_WORDS: Final = 8

_KIND_WORDS: Final[dict[FieldKind, str]] = {
    FieldKind.TEXT: """description note comment remark term text subject message method type status
        title unit symbol bezeichnung beschreibung""",
    FieldKind.NAME: """name company customer vendor advertiser supplier party parties seller buyer
        merchant client issuer payee payer agency employer employee person manufacturer landlord
        tenant patient insurer insured carrier shipper consignee sender recipient owner contact
        organisation organization signatory firma kunde lieferant nom nombre nome naam""",
    FieldKind.ADDRESS: "address addr adresse anschrift direccion indirizzo adres endereco",
    FieldKind.IDENTIFIER: """number no num nr id identifier code reference ref sku ean isbn serial
        barcode uuid nummer numero kennung""",
    FieldKind.DATE: "date day dated datum fecha deadline expiry birthday dob datetime timestamp",
    FieldKind.AMOUNT: """total subtotal amount amt price tax fee gross net sum cost charge balance
        discount deposit vat gst tip betrag summe preis montant prix importe precio importo prezzo
        bedrag prijs valor kwota""",
    FieldKind.PERCENT: "rate percent percentage pct prozent",
    FieldKind.NUMBER: """quantity qty count weight height width length volume hour minute page item
        piece menge anzahl quantite cantidad aantal""",
    FieldKind.CURRENCY: "currency waehrung währung devise moneda valuta",
    FieldKind.IBAN: "iban",
}
_KIND_OF: Final = {word: kind for kind, words in _KIND_WORDS.items() for word in words.split()}

# German writes compounds as one word, with the telling part last.
_ENDINGS: Final = {
    "nummer": FieldKind.IDENTIFIER,
    "datum": FieldKind.DATE,
    "betrag": FieldKind.AMOUNT,
    "summe": FieldKind.AMOUNT,
    "preis": FieldKind.AMOUNT,
    "adresse": FieldKind.ADDRESS,
    "anschrift": FieldKind.ADDRESS,
}
# What follows one of these qualifies what stands before: price per unit, total incl. VAT.
_JOINTS: Final = vocabulary("of per in incl excl including excluding inc ex without with for")
_DATE_ENDS: Final = vocabulary("at on until")
_COUNT_WORDS: Final = vocabulary(_KIND_WORDS[FieldKind.NUMBER])
_VAT_WORDS: Final = vocabulary("vat ust tva iva btw mwst")
_ID_WORDS: Final = vocabulary("id idnr number no num nr code reg")
_MONEY_RATES: Final = vocabulary("hourly daily day hour unit room nightly")
_NUMERIC: Final = (FieldKind.AMOUNT, FieldKind.PERCENT, FieldKind.NUMBER)

_ROLE_WORDS: Final = {
    Role.ISSUER: vocabulary("seller vendor supplier issuer merchant biller"),
    Role.RECIPIENT: vocabulary("buyer customer client recipient purchaser billed"),
}
_ROLE_KINDS: Final = (FieldKind.NAME, FieldKind.ADDRESS, FieldKind.VAT_ID)

# How a word is written in names (first) and printed.
_VARIANTS: Final[dict[str, tuple[str, ...]]] = {
    group[0]: group
    for group in (
        ("number", "no.", "nr.", "#", "num"),
        ("quantity", "qty"),
        ("amount", "amt", "total"),
        ("reference", "ref."),
        ("invoice", "inv."),
        ("account", "acct."),
        ("description", "desc."),
        ("address", "addr."),
        ("telephone", "phone", "tel."),
        ("percent", "%"),
        ("id", "identifier"),
        ("purchase order", "po"),
        ("balance", "bal."),
        ("payment", "pmt."),
        ("department", "dept."),
    )
}
_NO_SHORT_FORMS: Final = ("#", "%", "total")
_SHORT_FORMS: Final = {"pct": "percent"} | {
    short.rstrip("."): word
    for word, spelled in _VARIANTS.items()
    for short in spelled[1:]
    if short not in _NO_SHORT_FORMS
}
_PERIOD_VARIANTS: Final = {"from": ("from", "start"), "to": ("to", "end", "until")}
_GENERIC_HEADS: Final = {
    FieldKind.NAME: vocabulary("name"),
    FieldKind.IDENTIFIER: vocabulary("number id code"),
}


def words_of(name: str) -> tuple[str, ...]:
    """A name's words in lower case: `invoiceNo`, `invoice_no` and `Invoice No` -> invoice, no."""
    spaced = re.sub(r"(?<=[^\W_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return tuple(word.lower() for word in re.findall(r"[^\W\d_]+|\d+", spaced))


def identifier_of(name: str) -> str:
    """`name` as a schema name: `Ad-Buy Order` -> `ad_buy_order`; may be empty."""
    text = "_".join(words_of(name))
    return f"_{text}" if text[:1].isdigit() else text


def kind_from_words(words: Sequence[str]) -> FieldKind | None:
    """The kind that the words of a name or description point to, the head noun first."""
    found = set(words)
    if (found & _VAT_WORDS and found & _ID_WORDS) or "ustid" in found:
        return FieldKind.VAT_ID
    if "iban" in found:
        return FieldKind.IBAN
    if "currency" in found and found & _ID_WORDS:
        return FieldKind.CURRENCY
    if "rate" in found and "exchange" in found:
        return FieldKind.NUMBER
    if "rate" in found and found & _MONEY_RATES:
        return FieldKind.AMOUNT
    if len(words) > 1 and words[-1] in _DATE_ENDS:
        return FieldKind.DATE
    if tuple(words[:2]) == ("number", "of"):
        return FieldKind.NUMBER
    return next((kind for word in _head_first(words) if (kind := _kind_of_word(word))), None)


def infer_string_kind(name: Sequence[str], description: str) -> FieldKind:
    """The kind of a field declared as plain text: by its name, then by its description's start."""
    start = words_of(re.split(r"[.,;:(]", description, maxsplit=1)[0])[:_DESCRIPTION_WORDS]
    return kind_from_words(name) or kind_from_words(start) or FieldKind.TEXT


def infer_number_kind(name: Sequence[str], description: str) -> FieldKind:
    """The kind of a field declared as a number: an amount, a percentage or just a number."""
    if set(name) & _COUNT_WORDS and "price" not in name:
        return FieldKind.NUMBER
    kind = infer_string_kind(name, description)
    return kind if kind in _NUMERIC else FieldKind.NUMBER


def infer_integer_kind(name: Sequence[str]) -> FieldKind:
    """Money stays money in whole units; every other whole number is an integer."""
    money = infer_number_kind(name, "") is FieldKind.AMOUNT
    return FieldKind.AMOUNT if money else FieldKind.INTEGER


def infer_role(path: str, kind: FieldKind) -> Role | None:
    """Whose name, address or VAT id it is, where the path says so."""
    if kind not in _ROLE_KINDS:
        return None
    words = set(words_of(path))
    return next((role for role, telling in _ROLE_WORDS.items() if words & telling), None)


def labels_from(name: str, title: str, kind: FieldKind | None) -> tuple[str, ...]:
    """Words a field is likely printed beside, from its name and title, the likeliest first."""
    words = [_SHORT_FORMS.get(word, word) for word in words_of(name)]
    spelled = (" ".join(option) for option in product(*_spellings(words, kind)))
    variants = [label for label in islice(spelled, _MAX_LABELS) if label]
    return distinct([*variants[:1], title, *variants[1:], *_shortened(words, kind)])


def distinct(labels: Iterable[str]) -> tuple[str, ...]:
    """`labels` stripped, without empty ones and without repeats that differ only in case."""
    seen: dict[str, str] = {}
    for label in labels:
        text = " ".join(label.split())
        if text:
            seen.setdefault(text.casefold(), text)
    return tuple(seen.values())


def _head_first(words: Sequence[str]) -> list[str]:
    """The words, the head noun (last before a joint) first."""
    cut = next((i for i, word in enumerate(words) if i and word in _JOINTS), len(words))
    return [*reversed(words[:cut]), *reversed(words[cut:])]


def _kind_of_word(word: str) -> FieldKind | None:
    if kind := _KIND_OF.get(word) or _KIND_OF.get(word.removesuffix("s")):
        return kind
    return next((kind for ending, kind in _ENDINGS.items() if word.endswith(ending)), None)


def _spellings(words: Sequence[str], kind: FieldKind | None) -> list[tuple[str, ...]]:
    """The usual spellings of each word."""
    spelled: list[tuple[str, ...]] = [_VARIANTS.get(word, (word,)) for word in words]
    if kind is FieldKind.DATE:
        spelled = [_PERIOD_VARIANTS.get(options[0], options) for options in spelled]
    if len(words) == 1:  # alone, an amount is no total and a sign no label
        return [tuple(option for option in spelled[0] if option not in _NO_SHORT_FORMS)]
    return spelled


def _shortened(words: Sequence[str], kind: FieldKind | None) -> list[str]:
    """`advertiser name` is mostly printed as `advertiser`, `due` (a date) as `due date`."""
    if kind is None or not words:
        return []
    *rest, head = words
    if rest and head in _GENERIC_HEADS.get(kind, ()) and kind_from_words(rest) not in _NUMERIC:
        return [" ".join(rest)]
    if kind is FieldKind.DATE and kind_from_words(words) is not FieldKind.DATE:
        return [" ".join([*words, "date"])]
    return []
