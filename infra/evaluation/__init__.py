"""`docmill eval`: runs the whole path over documents with known values, and measures it.

    dataset ─▶ run (pipeline) ─▶ judge: truth beside values, text, tables, boxes ─▶ record (lake)
                                                                                      │
                                     console, Markdown, JSON, HTML, comparison ◀── summary

The measures (`matching`, `fields`, `text`, `tables`, `boxes`, `statistics`) are plain functions.
"""
