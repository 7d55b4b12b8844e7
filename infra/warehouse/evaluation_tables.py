"""The tables of evaluations, as data."""

from __future__ import annotations

from docmill.infra.warehouse.ddl import BOX, table

_EVALUATION_ID = ("evaluation_id", "VARCHAR", "identifies the evaluation")
_EXAMPLE = ("example", "VARCHAR", "the document's id in the evaluation set")
_KNOWN_DOCUMENT = (
    ("document_id", "VARCHAR", "SHA-256 of the file read; NULL where there was none"),
    ("doc_type", "VARCHAR", "its type, as the set says"),
    ("stratum", "VARCHAR", "its stratum, as the set says; unknown where it does not"),
    ("language", "VARCHAR", "its language, as the set says; unknown where it does not"),
)

EVAL_RUNS = table(
    "eval_runs",
    "Evaluations by `docmill eval`, one row each.",
    _EVALUATION_ID,
    ("name", "VARCHAR", "name of the evaluation set, with the variant"),
    ("dataset", "VARCHAR", "the set's folder"),
    ("started_at", "TIMESTAMP", "when it began"),
    ("finished_at", "TIMESTAMP", "when it ended"),
    ("ocr_engine", "VARCHAR", "engine that read the pages, name@version[model]"),
    ("extractor", "VARCHAR", "engine that filled the schemas, name@version[model]"),
    ("rasterised_dpi", "INTEGER", "resolution, where PDF pages were read as pictures; else NULL"),
    ("documents", "INTEGER", "documents of the set, those without a file included"),
    ("right_values", "INTEGER", "values that are right by the lenient rule"),
    ("given_values", "INTEGER", "values given for what the truth covers"),
    ("wanted_values", "INTEGER", "values of the truth"),
    ("pages_per_second", "DOUBLE", "speed; NULL where all work had been done before"),
    ("version", "VARCHAR", "docmill's version"),
)

EVAL_DOCUMENTS = table(
    "eval_documents",
    "Documents of the evaluations, with their counts.",
    _EVALUATION_ID,
    _EXAMPLE,
    *_KNOWN_DOCUMENT,
    ("path", "VARCHAR", "the file, as the set names it"),
    ("schema_name", "VARCHAR", "the schema that was filled; NULL where it was only read"),
    ("outcome", "VARCHAR", "done, partial, failed, needs_review or missing_file"),
    ("failures", "VARCHAR[]", "codes of its failures"),
    ("pages", "INTEGER", "pages of the file"),
    ("seconds", "DOUBLE", "duration of the work, others running beside it; NULL without a file"),
    ("right_values", "INTEGER", "values that are right by the lenient rule"),
    ("given_values", "INTEGER", "values given for what the truth covers"),
    ("wanted_values", "INTEGER", "values of the truth"),
    ("invented", "VARCHAR[]", "paths of given values that stand nowhere in the document"),
    ("characters", "INTEGER", "characters of the true text; NULL where it is not known"),
    ("edits", "INTEGER", "edit distance of the text read, in reading order"),
    ("edits_any_order", "INTEGER", "the same with words paired in any order"),
    ("words_right", "INTEGER", "words of the true text that were read, as a bag"),
    ("words_given", "INTEGER", "words that were read"),
    ("words_wanted", "INTEGER", "words of the true text"),
    ("cells_right", "INTEGER", "table cells with the right text, row and column; NULL: no truth"),
    ("cells_given", "INTEGER", "table cells found"),
    ("cells_wanted", "INTEGER", "table cells of the truth"),
)

EVAL_VALUES = table(
    "eval_values",
    "Values of the evaluations beside their truth.",
    _EVALUATION_ID,
    _EXAMPLE,
    *_KNOWN_DOCUMENT,
    ("path", "VARCHAR", "field path in the truth; of a spurious value, in the extraction"),
    ("pattern", "VARCHAR", "the path without row numbers"),
    ("truth", "VARCHAR", "as the set writes it; NULL where there is no value"),
    ("value", "VARCHAR", "what was given, normalised; NULL where nothing was"),
    ("verdict", "VARCHAR", "right, wrong, missing or spurious, by the lenient rule"),
    ("strict", "BOOLEAN", "whether the value is right by the strict rule"),
    ("confidence", "DOUBLE", "0..1 as it was given; NULL where nothing was"),
    ("match", "VARCHAR", "how the value was found on the page"),
    ("page", "INTEGER", "page of the file, from 1; NULL where the value has no box"),
    *BOX,
    ("iou", "DOUBLE", "overlap with the true box, 0..1; NULL where it is not known"),
    ("inside", "DOUBLE", "share of the box in the true text lines; NULL where not known"),
)

TABLES = (EVAL_RUNS, EVAL_DOCUMENTS, EVAL_VALUES)
