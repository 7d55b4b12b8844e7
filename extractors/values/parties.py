"""People and firms with their addresses: letterheads, address windows, one-line senders.

A party is recognised by its shape: lines under each other of which one holds a postal code, or
one line with the pieces between bullets, or a firm's legal form (GmbH, Ltd, S.r.l., …).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from docmill.extractors.layout import Layout, LayoutPage, Row, Segment, Token

# Lines of one address stand closer than this many line heights (from bottom to top).
LINE_GAP = 1.8
# Widely set lines count as one address only with the very same left edge.
WIDE_LINE_GAP = 2.6
MAX_LINES = 9

_LEGAL_FORM = re.compile(
    r"(?<!\w)(?:g?GmbH(?:\s*&\s*Co\.?(?:\s*KG(?:aA)?)?)?|mbH|AG|SE|KG|OHG|GbR|UG|e\.\s?K\.|e\.\s?V\.|"
    r"Ltd|Limited|LLC|L\.L\.C\.|LLP|PLC|plc|Inc|Incorporated|Corp|Corporation|Co\.|Company|"
    r"Pty|Bhd|BHD|S\.?\s?A\.?\s?R\.?\s?L|SARL|SAS|S\.A\.S|SASU|EURL|S\.\s?A|SA|SNC|SCOP|"
    r"S\.?\s?L\.?\s?U?|S\.\s?L|S\.?r\.?l\.?s?|S\.?p\.?A|S\.?n\.?c|B\.?\s?V|N\.?\s?V|V\.?O\.?F|"
    r"Sp\.\s?z\s?o\.\s?o|s\.r\.o|a\.s|A/S|ApS|AB|ASA|AS|Oyj?|Lda|Kft|d\.o\.o|SIA|UAB|"
    r"Enterprise|Sdn|S/B)\.?(?!\w)"
)
_POSTAL = re.compile(
    r"(?<![\w/-])(?:"
    r"(?:[A-Z]{1,3}[- ])?\d{4,5}\s+[A-ZÀ-ÝŚŁŻ][^\d,;:]{2,}"  # 80333 München, FR-69001 Lyon
    r"|\d{4}\s?[A-Z]{2}\s+[A-Z][^\d]{2,}"  # 3500 MJ Utrecht
    r"|\d{2}-\d{3}\s+[A-ZŚŁŻ]\w+|\d{4}-\d{3}\s+[A-Z]\w+|\d{3}\s\d{2}\s+[A-ZÅÄÖ]\w+"  # PL, PT, SE
    r"|[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}(?!\w)"  # LS1 4AP
    r"|[A-Z][A-Za-z. ]+,?\s+[A-Z]{2}\s+\d{5}(?:-\d{4})?(?!\d)"  # Chicago, IL 60654
    r"|[A-Z]\d[A-Z]\s\d[A-Z]\d)"  # M5V 2T6
)
_CONTACT = re.compile(
    r"@|www\.|https?:|(?<!\w)(?:tel|fax|phone|telefon|telefoon|teléfono|tél|mobile?|e-?mail|web|"
    r"iban|bic|swift|vat|ust|umsatz|siret|siren|rcs|kvk|btw|gln|ein|tax|steuer|handelsreg|hrb|"
    r"amtsgericht|nif|cif|p\.?\s?iva|partita|c\.?f\.)(?!\w)",
    re.IGNORECASE,
)
_ONE_LINE_SPLIT = re.compile(r"\s+[•·|∙●–—-]\s+|\s*[•·|∙●]\s*|,\s+")
_REGISTRATION = re.compile(r"\s*[(<\[][^()<>\[\]]*\d[^()<>\[\]]*[)>\]]?\s*$")
_COMMAS = re.compile(r"(?<!\d)\s*,[\s,]*|\s*,(?!\d)[\s,]*")  # not the one in 0,7
_BULLETS = frozenset("•·|∙●")
_STREET = re.compile(
    r"\d|(?:str|straße|strasse|weg|platz|allee|gasse|street|road|avenue|lane|drive|boulevard|rue|via|"
    r"calle|plaza|piazza|corso|laan|straat|plein|box|postfach|floor|suite)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, eq=False)
class PartyFound:
    """A name with, where it has one, its address.

    `head` is the block's first segment: labels above or beside it say whose it is. `one_line`
    marks the small sender line over an address window. `legal_form` tells a firm by its name.
    """

    name: tuple[Token, ...]
    address: tuple[Token, ...]
    head: Segment
    legal_form: bool
    one_line: bool

    @property
    def name_text(self) -> str:
        """The name as printed, without separators at its ends."""
        return clean_name(" ".join(token.text for token in self.name))

    @property
    def address_text(self) -> str:
        """The address as printed, lines joined with commas."""
        return join_lines(self.address)


def clean_name(text: str) -> str:
    """A name without the punctuation that surrounds it."""
    return text.strip(" ,;:|•·-–—")


def join_lines(tokens: Sequence[Token]) -> str:
    """Words as text; a new line becomes a comma."""
    text = ""
    for before, token in zip((None, *tokens), tokens, strict=False):
        new_line = before is not None and abs(token.middle - before.middle) > before.height / 2
        text += (", " if new_line and not text.endswith(",") else " ") if text else ""
        text += token.text
    text = re.sub(r"\s*[•·|∙●]\s*|\s+[-–—]\s+", ", ", text)
    return _COMMAS.sub(", ", text).strip(" ,;:")


def without_registration(tokens: Sequence[Token]) -> list[Token]:
    """A name's words without a registration number in brackets at its end."""
    kept = len(_REGISTRATION.sub("", _text(tokens)))
    ends = accumulate(len(token.text) + 1 for token in tokens)
    return [token for token, end in zip(tokens, ends, strict=True) if end - 1 <= kept]


def has_legal_form(text: str) -> bool:
    """Whether a firm's legal form stands in the text."""
    return bool(_LEGAL_FORM.search(text))


def without_legal_form(text: str) -> str:
    """The text without any legal form in it."""
    return _LEGAL_FORM.sub("", text)


def is_contact(text: str) -> bool:
    """Whether the line gives a telephone, web, bank or register detail."""
    return bool(_CONTACT.search(text))


def find_parties(layout: Layout, label_tokens: frozenset[Token]) -> list[PartyFound]:
    """All parties on the pages; `label_tokens` (words of labels) never belong to a name."""
    found: list[PartyFound] = []
    for page in layout.pages:
        for block in blocks_of(page):
            found.extend(_block_parties(block, label_tokens))
        for row in page.rows:
            for segment in _joined_by_bullets(row):
                found.extend(_one_liners(segment))
    return found


def blocks_of(page: LayoutPage) -> list[list[Segment]]:
    """Segments under each other with a common left edge, right edge or centre."""
    blocks: list[list[Segment]] = []
    for row in page.rows:
        for segment in row.segments:
            block = next((b for b in reversed(blocks[-40:]) if _continues(b[-1], segment)), None)
            if block is not None and len(block) < MAX_LINES:
                block.append(segment)
            else:
                blocks.append([segment])
    return blocks


def _continues(above: Segment, below: Segment) -> bool:
    height = max(above.height, below.height)
    gap = below.y0 - above.y1
    if above.row == below.row or not -0.5 * height <= gap <= WIDE_LINE_GAP * height:
        return False
    if gap > LINE_GAP * height:
        return abs(above.x0 - below.x0) <= 0.15 * height
    tolerance = 0.5 * height
    centres = abs((above.x0 + above.x1) - (below.x0 + below.x1)) / 2
    return (
        abs(above.x0 - below.x0) <= tolerance
        or abs(above.x1 - below.x1) <= tolerance
        or centres <= tolerance
    )


def _block_parties(block: Sequence[Segment], labels: frozenset[Token]) -> Iterator[PartyFound]:
    lines = [
        line
        for segment in block
        if (line := _without_labels(segment, labels)) and not any(_one_liners(segment))
    ]
    postal = next((n for n, line in enumerate(lines) if n and _POSTAL.search(_text(line))), None)
    if postal is None:
        for line in lines:
            if has_legal_form(_text(line)) and _is_name(_text(line)) and len(line) <= 9:
                name = tuple(without_registration(line))
                yield PartyFound(name, (), block[0], legal_form=True, one_line=False)
        return
    start = _street_line(lines, postal)
    names = [line for line in lines[:start] if _is_name(_text(line))]
    if not names:
        return
    name = next((line for line in names if has_legal_form(_text(line))), names[0])
    address = lines[max(start, lines.index(name) + 1) : postal + 1] + _country(lines, postal)
    yield PartyFound(
        tuple(without_registration(name)),
        tuple(token for line in address for token in line),
        block[0],
        legal_form=has_legal_form(_text(name)),
        one_line=False,
    )


def _text(tokens: Iterable[Token]) -> str:
    return " ".join(token.text for token in tokens)


def _without_labels(segment: Segment, labels: frozenset[Token]) -> list[Token]:
    """The segment's words after its leading label; empty where it is nothing but a label."""
    tokens = list(segment.tokens)
    while tokens and (tokens[0] in labels or tokens[0].text in (":", "-")):
        tokens.pop(0)
    return tokens


def _street_line(lines: Sequence[Sequence[Token]], postal: int) -> int:
    """The address's first line: the lines right above the postal code that look like a street."""
    start = postal
    while start > 1 and _STREET.search(_text(lines[start - 1])) and postal - start < 3:
        if has_legal_form(_text(lines[start - 1])):
            break
        start -= 1
    return start


def _country(lines: Sequence[Sequence[Token]], postal: int) -> list[Sequence[Token]]:
    """The line after the postal code when it is a country's name: letters only, short."""
    if postal + 1 >= len(lines):
        return []
    text = _text(lines[postal + 1])
    plain = all(char.isalpha() or char in " .-/&" for char in text)
    return [lines[postal + 1]] if plain and len(text) <= 24 and not is_contact(text) else []


def _is_name(text: str) -> bool:
    """Whether a line could be a name: letters mostly, no contact detail, no sentence."""
    letters = sum(char.isalpha() for char in text)
    digits = sum(char.isdigit() for char in text)
    return (
        letters >= 2
        and digits <= letters / 2
        and len(text) <= 80
        and not text.endswith(":")
        and not is_contact(text)
    )


def _one_liners(segment: Segment) -> Iterator[PartyFound]:
    """`Firm • Street 1 • 12345 Town` and its like."""
    text = segment.text
    pieces = _pieces(text)
    if len(pieces) < 3 or len(segment.tokens) > 24 or not _is_name(text[slice(*pieces[0])]):
        return
    if not any(_POSTAL.search(text[a:b]) for a, b in pieces[1:4]):
        return
    last = next(n for n, (a, b) in enumerate(pieces) if n and _POSTAL.search(text[a:b]))
    name = _tokens_in(segment, *pieces[0])
    address = [token for a, b in pieces[1 : last + 1] for token in _tokens_in(segment, a, b)]
    if name and address:
        form = has_legal_form(text[slice(*pieces[0])])
        yield PartyFound(tuple(name), tuple(address), segment, legal_form=form, one_line=True)


def _joined_by_bullets(row: Row) -> list[Segment]:
    """The row's segments, those on both sides of a bullet joined to one."""
    joined: list[Segment] = []
    for segment in row.segments:
        before = joined[-1] if joined else None
        if before and (segment.tokens[0].text in _BULLETS or before.tokens[-1].text in _BULLETS):
            joined[-1] = Segment((*before.tokens, *segment.tokens), row.page, row.number)
        else:
            joined.append(segment)
    return joined


def _pieces(text: str) -> list[tuple[int, int]]:
    ends = [match.span() for match in _ONE_LINE_SPLIT.finditer(text)]
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(text)]
    return [(a, b) for a, b in zip(starts, stops, strict=True) if b > a]


def _tokens_in(segment: Segment, start: int, end: int) -> list[Token]:
    """Words that begin between two characters of the segment's text."""
    tokens: list[Token] = []
    at = 0
    for token in segment.tokens:
        if start <= at < end:
            tokens.append(token)
        at += len(token.text) + 1
    return tokens
