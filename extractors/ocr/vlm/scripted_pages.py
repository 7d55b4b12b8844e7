"""Answers in the formats that the models document, for `ScriptedChat`: one invoice, four ways."""

from __future__ import annotations

from typing import Final

from docmill.extractors.ocr.vlm.chat import ChatRequest
from docmill.extractors.ocr.vlm.scripted import Step, said

_TABLE: Final = (
    "<table><thead><tr><th>Item</th><th>Qty</th><th>Price</th></tr></thead><tbody>"
    '<tr><td rowspan="2">Bolts &amp; nuts</td><td>2</td><td>50,00</td></tr>'
    "<tr><td>1</td><td>50,00</td></tr>"
    '<tr><td colspan="2">Total</td><td>150,00</td></tr></tbody></table>'
)
_FORMULA: Final = "2 \\times 50 + 50 = 150"

CHANDRA: Final = (
    '<div data-bbox="80 30 920 50" data-label="Page-Header">ACME Ltd. · Main Street 1</div>\n'
    '<div data-bbox="80 90 420 120" data-label="Section-Header"><h1>Invoice 4711</h1></div>\n'
    '<div data-bbox="80 140 600 200" data-label="Text"><p>Date: 1 March 2026<br/>'
    "Customer: Müller &amp; Söhne</p></div>\n"
    f'<div data-bbox="80 240 920 480" data-label="Table">{_TABLE}</div>\n'
    '<div data-bbox="80 500 500 530" data-label="Equation-Block">'
    f'<math display="block">{_FORMULA}</math></div>\n'
    '<div data-bbox="80 560 500 620" data-label="Form">'
    '<p><input type="checkbox" checked/> Paid <input type="checkbox"/> Open</p></div>\n'
    '<div data-bbox="80 640 700 720" data-label="List-Group">'
    "<ul><li>No discount</li><li>Goods remain our property</li></ul></div>\n"
    '<div data-bbox="700 760 920 900" data-label="Image">'
    '<img alt="a round stamp in red"/>RECEIVED</div>\n'
    '<div data-bbox="80 950 920 970" data-label="Page-Footer">Page 1 of 1</div>'
)
"""Layout HTML of Chandra OCR 2."""

CHANDRA_BLANK: Final = '<div data-bbox="0 0 1000 1000" data-label="Blank-Page"></div>'

GLM_OCR: Final = (
    "ACME Ltd. · Main Street 1\n\n# Invoice 4711\n\n"
    "Date: 1 March 2026\nCustomer: Müller & Söhne\n\n"
    f"{_TABLE}\n\n$$\n{_FORMULA}\n$$\n\n"
    "$\\boxtimes$ Paid $\\square$ Open\n\n- No discount\n- Goods remain our property\n\n"
    "RECEIVED\n\nPage 1 of 1"
)
"""Markdown of GLM-OCR about a whole page."""

GLM_OCR_TABLE: Final = _TABLE
GLM_OCR_FORMULA: Final = f"$$\n{_FORMULA}\n$$"
GLM_OCR_TEXT: Final = "Customer: Müller & Söhne"

_GLM_OCR: Final = {
    "Text Recognition:": GLM_OCR_TEXT,
    "Table Recognition:": GLM_OCR_TABLE,
    "Formula Recognition:": GLM_OCR_FORMULA,
}


def glm_ocr_regions(request: ChatRequest) -> Step:
    """What GLM-OCR says about a region, by its prompt; for `ScriptedChat(glm_ocr_regions)`."""
    return said(_GLM_OCR[request.prompt])
