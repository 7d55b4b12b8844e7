"""The embedded OCR of pictures: PP-OCRv6 models out of the rapidocr package, run on the CPU."""
