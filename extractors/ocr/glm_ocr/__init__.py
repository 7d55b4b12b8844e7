"""GLM-OCR: text, tables and formulas without coordinates, of pages or of regions of them."""
