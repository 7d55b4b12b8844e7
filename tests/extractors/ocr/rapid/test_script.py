from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from docmill.extractors.ocr.rapid.lines import find_lines
from docmill.extractors.ocr.rapid.models import Models, load_models
from docmill.extractors.ocr.rapid.recognise import read_lines
from docmill.extractors.ocr.rapid.script import Legibility, doubt_of_script, legibility_of

# DejaVu, which comes with matplotlib, has all of these letters.
FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
KNOWN = {
    "de": "Rechnung für die Lieferung von Gartenmöbeln\nBitte überweisen Sie 47,00 EUR",
    "pl": "Sprzedawca: Północny Wiatr, ulica Ogrodowa\nRazem do zapłaty 5640,00 zł",
    "fr": "Facture des travaux effectués à l'hôtel\nNet à payer avant le 12 août",
    "capitals": "TAX INVOICE TOTAL AMOUNT DUE\nTHANK YOU PLEASE COME AGAIN",
}
UNKNOWN = {
    "ru": "Поставщик: Северный Ветер, город Москва\nВсего к оплате 5640 рублей",
    "uk": "Одержувач: приватне підприємство Ластівка\nРазом до сплати 1800 гривень",
    "ar": "فاتورة رقم بتاريخ مارس\nالمورد شركة الرياح الشمالية",
    "he": "חשבונית מס מספר מיום במרץ\nספק חברת הרוח הצפונית",
}


@pytest.fixture(scope="module")
def models() -> Models:
    return load_models()


def doubt(models: Models, text: str) -> str | None:
    picture = Image.new("RGB", (1100, 180), "white")
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(text.splitlines()):
        draw.text((30, 30 + 70 * number), line, "black", ImageFont.truetype(FONT, 34))
    pixels = np.asarray(picture)
    lines = read_lines(pixels, find_lines(pixels, models.detection), models)
    return doubt_of_script(legibility_of(lines))


@pytest.mark.parametrize("language", KNOWN)
def test_latin_print_is_believed(models: Models, language: str) -> None:
    assert doubt(models, KNOWN[language]) is None


@pytest.mark.parametrize("language", UNKNOWN)
def test_letters_that_the_model_lacks_are_doubted(models: Models, language: str) -> None:
    assert doubt(models, UNKNOWN[language]) is not None


def test_a_page_with_hardly_any_print_proves_nothing() -> None:
    assert doubt_of_script(Legibility(80, 80, 0, 0.0, 0)) is None
    assert doubt_of_script(Legibility(0, 0, 0, 0.0, 0)) is None


def test_hardly_legible_letters_are_doubted() -> None:
    assert doubt_of_script(Legibility(900, 10, 300, 0.6, 80)) is not None
    assert doubt_of_script(Legibility(900, 10, 600, 0.9, 80)) is None
