"""Draws the sample documents, and writes down what stands in them and where.

`python -m sample_docs.generate` from the repository's root rewrites them all. A document's data
(`document.py`) feeds both its drawing (`designs/`) and its truth (`truth.py`), so no value is
typed twice; while drawing, the sheet (`sheet.py`) records where each value was put.
"""
