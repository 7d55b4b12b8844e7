"""Chandra OCR 2: layout HTML with a box and a label for each block."""
