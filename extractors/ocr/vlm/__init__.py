"""Reading pages with vision-language models: what Chandra OCR 2, GLM-OCR and others share."""
