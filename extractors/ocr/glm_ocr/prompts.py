"""The prompts that GLM-OCR was trained on. It takes no others: free ones make it loop or invent."""

from __future__ import annotations

from enum import StrEnum


class Task(StrEnum):
    """What is to be read; the values are the prompts."""

    TEXT = "Text Recognition:"
    TABLE = "Table Recognition:"
    FORMULA = "Formula Recognition:"
