"""Draws sample documents with the boxes of their values: `python docs/make_images.py WORKSPACE`.

The workspace must hold a run over `sample_docs`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from docmill.extractors.render import OpenLimits, open_document
from docmill.infra.warehouse.query import open_published
from docmill.infra.workspace import Workspace

REPOSITORY = Path(__file__).resolve().parents[1]
SAMPLES = {"result.png": "de-office-supplies.pdf", "photograph.jpg": "fr-bistro-phone.jpg"}
WIDTH = 900
SURE, UNSURE = (20, 120, 60), (200, 90, 0)


def main() -> None:
    """Writes every picture into docs/images."""
    connection = open_published(Workspace(Path(sys.argv[1])))
    for name, sample in SAMPLES.items():
        rows = connection.execute(
            """SELECT path, confidence, x0, y0, x1, y1 FROM fields
            WHERE uri LIKE ? AND page = 1 AND x0 IS NOT NULL""",
            [f"%{sample}"],
        ).fetchall()
        found = next((REPOSITORY / "sample_docs").rglob(sample))
        with open_document(found.read_bytes(), OpenLimits()) as document:
            picture = document.page(1).image()
        picture.thumbnail((WIDTH, 2 * WIDTH))
        _draw(picture, rows)
        few = picture.quantize(128) if name.endswith(".png") else picture
        few.save(REPOSITORY / "docs" / "images" / name, optimize=True)


def _draw(picture: Image.Image, rows: list[tuple[str, float, float, float, float, float]]) -> None:
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(11)
    width, height = picture.size
    for path, confidence, x0, y0, x1, y1 in rows:
        colour = SURE if confidence >= 0.75 else UNSURE
        box = (x0 * width - 2, y0 * height - 2, x1 * width + 2, y1 * height + 2)
        draw.rectangle(box, outline=colour, width=2)
        if "[" not in path:
            draw.text((box[0], box[1] - 13), f"{path} {confidence:.2f}", fill=colour, font=font)


if __name__ == "__main__":
    main()
