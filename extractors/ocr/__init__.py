"""OCR engines: what reads the words of one page."""
