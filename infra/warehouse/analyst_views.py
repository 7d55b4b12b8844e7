"""Views that answer what analysts ask of a warehouse.

Sums and means are made of decimals, so that the same rows give the same figures in whatever order
a query meets them.
"""

from __future__ import annotations

from docmill.infra.warehouse.ddl import Column, View, literal

# Which fields of any schema tell whom an amount is owed to; of several, the first that has a value.
ROLES = {
    "supplier": ("seller_name", "supplier_name", "vendor_name", "company"),
    "day": ("invoice_date", "issue_date", "document_date", "date"),
    "currency": ("currency",),
    "total": ("total", "total_amount", "grand_total"),
}


def columns_of(*columns: tuple[str, str, str]) -> tuple[Column, ...]:
    """Columns from (name, type, comment)."""
    return tuple(Column(*column) for column in columns)


def _role(role: str, column: str = "value") -> str:
    """A column of the first field of a part that plays a role and has a value."""
    return (
        f"arg_min({column}, place) FILTER (role = {literal(role)} AND value IS NOT NULL) "
        f"AS {role if column == 'value' else f'{role}_{column}'}"
    )


_ROLES = ", ".join(
    f"({literal(path)}, {literal(role)}, {place})"
    for role, paths in ROLES.items()
    for place, path in enumerate(paths)
)

AMOUNTS_BY_SUPPLIER_MONTH = View(
    "amounts_by_supplier_month",
    "Amounts of all schemas that have a total (invoice, receipt, your own), by supplier, currency "
    "and month; what has no supplier, currency or date has a row with NULL there.",
    columns_of(
        ("schema_name", "VARCHAR", "the schema that was filled"),
        ("supplier", "VARCHAR", "seller or company, letter case and spaces ignored"),
        ("currency", "VARCHAR", "ISO 4217; amounts of several currencies are never added"),
        ("month", "DATE", "first day of the month of the document's own date"),
        ("documents", "BIGINT", "documents (parts)"),
        ("total", "DECIMAL(38,4)", "sum of the totals; NULL where no document has one"),
        ("without_total", "BIGINT", "documents whose total is missing, or no number"),
        ("reviewed", "BIGINT", "documents whose total a person gave or confirmed"),
        ("lowest_confidence", "DOUBLE", "0..1, of the totals that were added"),
    ),
    f"""WITH roles(path, role, place) AS (VALUES {_ROLES}), parts AS (
    SELECT document_id, part, schema_name, {_role("supplier")}, {_role("day")},
        {_role("currency")}, {_role("total")}, {_role("total", "confidence")},
        {_role("total", "reviewed")}
    FROM main.fields JOIN roles USING (path)
    GROUP BY document_id, part, schema_name HAVING bool_or(role = 'total')
), typed AS (
    SELECT schema_name, TRY_CAST(total AS DECIMAL(18,4)) AS total, total_confidence,
        total_reviewed, upper(currency) AS currency,
        regexp_replace(trim(supplier), '\\s+', ' ', 'g') AS spelling,
        date_trunc('month', TRY_CAST(day AS DATE))::DATE AS month
    FROM parts
)
SELECT schema_name, min(spelling) AS supplier, currency, month, count(*) AS documents,
    sum(total) AS total, count(*) - count(total) AS without_total,
    count(*) FILTER (total_reviewed) AS reviewed,
    min(total_confidence) FILTER (total IS NOT NULL) AS lowest_confidence
FROM typed GROUP BY schema_name, lower(spelling), currency, month""",
)

CONFIDENCE_BANDS = View(
    "confidence_bands",
    "Values that engines gave, by how sure they were, and what reviewers made of them. Where "
    "confidence is true, share_corrected is about 1 - mean_confidence; reviewers see doubtful "
    "values first, so bands with few reviews say little.",
    columns_of(
        ("schema_name", "VARCHAR", "the schema that was filled"),
        ("confidence_status", "VARCHAR", "prior, or calibrated on this workspace's own truth"),
        ("confidence_from", "DOUBLE", "lower end of the band, inclusive"),
        ("confidence_to", "DOUBLE", "upper end, exclusive; 1 belongs to the last band"),
        ("values_given", "BIGINT", "current values with status present"),
        ("mean_confidence", "DOUBLE", "their mean confidence, as the engines gave it"),
        ("reviewed", "BIGINT", "those of them that have an answer"),
        ("corrected", "BIGINT", "those whose answer is another value, or none"),
        ("share_reviewed", "DOUBLE", "0..1, of the values"),
        ("share_corrected", "DOUBLE", "0..1, of the reviewed ones; NULL where there are none"),
    ),
    """WITH given AS (
    SELECT own.schema_name, own.confidence_status, own.confidence::DECIMAL(9,6) AS confidence,
        least(floor(own.confidence::DECIMAL(9,6) * 10), 9)::INTEGER AS band,
        answer.action IS NOT NULL AS reviewed,
        answer.action IS NOT NULL AND answer.value IS DISTINCT FROM own.value AS corrected
    FROM internal."values" AS own
    LEFT JOIN internal.standing AS answer USING (document_id, part, extraction_key, path)
    WHERE own.current AND own.status = 'present'
)
SELECT schema_name, confidence_status, band / 10 AS confidence_from,
    (band + 1) / 10 AS confidence_to, count(*) AS values_given,
    sum(confidence) / count(*) AS mean_confidence, count(*) FILTER (reviewed) AS reviewed,
    count(*) FILTER (corrected) AS corrected,
    count(*) FILTER (reviewed) / count(*) AS share_reviewed,
    count(*) FILTER (corrected) / nullif(count(*) FILTER (reviewed), 0) AS share_corrected
FROM given GROUP BY schema_name, confidence_status, band""",
)

REVIEW_EFFECT = View(
    "review_effect",
    "What reviewing did, per schema and field; of each question the newest answer counts.",
    columns_of(
        ("schema_name", "VARCHAR", "the schema that was asked about; empty where none fitted"),
        ("pattern", "VARCHAR", "field path without row numbers; empty for the whole part"),
        ("answered", "BIGINT", "questions with an answer that holds"),
        ("accepted", "BIGINT", "answered: it is right"),
        ("corrected", "BIGINT", "answered: it is another value"),
        ("absent", "BIGINT", "answered: the document does not hold it"),
        ("illegible", "BIGINT", "answered: nobody can read it"),
        ("reopened", "BIGINT", "questions whose answer was taken back"),
        ("waiting", "BIGINT", "questions in the queue"),
        ("minutes_spent", "DOUBLE", "of all answers that were timed; NULL where none was"),
        ("untimed", "BIGINT", "answers whose time was not measured"),
        ("changed", "BIGINT", "answered with another value than the engine had given"),
        ("share_changed", "DOUBLE", "0..1, of the answered; NULL where there are none"),
    ),
    r"""WITH numbered AS (
    SELECT schema_name, regexp_replace(path, '\[\d+\]', '[]', 'g') AS pattern, action, value,
        seconds_spent, first_value(old_value) OVER question AS given,
        row_number() OVER (question ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
            = count(*) OVER (PARTITION BY document_id, part, schema_name, path) AS newest
    FROM main.review_events
    WINDOW question AS (PARTITION BY document_id, part, schema_name, path ORDER BY revision)
), answers AS (
    SELECT schema_name, pattern, count(*) FILTER (newest AND action <> 'reopen') AS answered,
        count(*) FILTER (newest AND action = 'accept') AS accepted,
        count(*) FILTER (newest AND action = 'correct') AS corrected,
        count(*) FILTER (newest AND action = 'absent') AS absent,
        count(*) FILTER (newest AND action = 'illegible') AS illegible,
        count(*) FILTER (newest AND action = 'reopen') AS reopened,
        sum(seconds_spent::DECIMAL(18,3)) / 60 AS minutes_spent,
        count(*) - count(seconds_spent) AS untimed,
        count(*) FILTER (newest AND action NOT IN ('reopen', 'accept')
            AND value IS DISTINCT FROM given) AS changed
    FROM numbered GROUP BY schema_name, pattern
), waiting AS (
    SELECT schema_name, regexp_replace(path, '\[\d+\]', '[]', 'g') AS pattern, count(*) AS waiting
    FROM main.review_queue GROUP BY ALL
)
SELECT schema_name, pattern, coalesce(answered, 0) AS answered, coalesce(accepted, 0) AS accepted,
    coalesce(corrected, 0) AS corrected, coalesce(absent, 0) AS absent,
    coalesce(illegible, 0) AS illegible, coalesce(reopened, 0) AS reopened,
    coalesce(waiting, 0) AS waiting, minutes_spent, coalesce(untimed, 0) AS untimed,
    coalesce(changed, 0) AS changed, changed / nullif(answered, 0) AS share_changed
FROM answers FULL JOIN waiting USING (schema_name, pattern)""",
)

DOCUMENT_COSTS = View(
    "document_costs",
    "What the requests to models cost, per document. A price that is not known is NULL, never 0.",
    columns_of(
        ("document_id", "VARCHAR", "SHA-256 of the file's bytes, 64 hex digits"),
        ("uri", "VARCHAR", "the first place the file was seen at"),
        ("pages", "INTEGER", "pages of the whole file"),
        ("calls", "BIGINT", "requests to models, whatever came of them"),
        ("failed_calls", "BIGINT", "those that failed"),
        ("input_tokens", "BIGINT", "tokens sent"),
        ("cached_tokens", "BIGINT", "those of them that the provider had cached"),
        ("output_tokens", "BIGINT", "tokens received"),
        ("seconds", "DOUBLE", "from request to answer, added"),
        ("unpriced_calls", "BIGINT", "requests whose price is not known"),
        (
            "known_price_usd",
            "DECIMAL(38,9)",
            "US dollars of the others; NULL where all are unknown",
        ),
        (
            "price_usd",
            "DECIMAL(38,9)",
            "US dollars; NULL where any price is unknown; 0: no requests",
        ),
    ),
    """WITH files AS (
    SELECT document_id, any_value(uri) AS uri, max(page_count) AS pages
    FROM internal.documents GROUP BY document_id
), calls AS (
    SELECT document_id, count(*) AS calls, count(error) AS failed_calls,
        sum(input_tokens)::BIGINT AS input_tokens, sum(cached_tokens)::BIGINT AS cached_tokens,
        sum(output_tokens)::BIGINT AS output_tokens,
        sum(seconds::DECIMAL(18,3))::DOUBLE AS seconds,
        count(*) - count(price_usd) AS unpriced_calls, sum(price_usd::DECIMAL(18,9)) AS known
    FROM main.model_calls GROUP BY document_id
)
SELECT document_id, uri, pages, coalesce(calls, 0) AS calls,
    coalesce(failed_calls, 0) AS failed_calls, coalesce(input_tokens, 0) AS input_tokens,
    coalesce(cached_tokens, 0) AS cached_tokens, coalesce(output_tokens, 0) AS output_tokens,
    coalesce(seconds, 0) AS seconds, coalesce(unpriced_calls, 0) AS unpriced_calls,
    CASE WHEN calls IS NULL THEN 0 ELSE known END AS known_price_usd,
    CASE WHEN calls IS NULL THEN 0 WHEN unpriced_calls = 0 THEN known END AS price_usd
FROM files LEFT JOIN calls USING (document_id)""",
)

CACHE_HIT_RATES = View(
    "cache_hit_rates",
    "How many of the tokens sent the provider had cached, per day, schema, stage and model.",
    columns_of(
        ("day", "DATE", "of the requests, UTC"),
        ("schema_name", "VARCHAR", "the schema filled; NULL for readings and failed requests"),
        ("stage", "VARCHAR", "read, classify or extract"),
        ("model", "VARCHAR", "the model; the engine where that has only one"),
        ("calls", "BIGINT", "requests"),
        ("calls_with_hit", "BIGINT", "requests with any cached token"),
        ("input_tokens", "BIGINT", "tokens sent"),
        ("cached_tokens", "BIGINT", "those of them that were cached"),
        ("hit_rate", "DOUBLE", "0..1, cached of all tokens sent; NULL where none were sent"),
    ),
    """WITH filled AS (
    SELECT document_id, extraction_key AS output_key, min(schema_name) AS schema_name
    FROM main.part_history WHERE extraction_key IS NOT NULL GROUP BY ALL
)
SELECT called_at::DATE AS day, schema_name, stage, coalesce(model, engine) AS model,
    count(*) AS calls, count(*) FILTER (cached_tokens > 0) AS calls_with_hit,
    sum(input_tokens)::BIGINT AS input_tokens, sum(cached_tokens)::BIGINT AS cached_tokens,
    sum(cached_tokens) / nullif(sum(input_tokens), 0) AS hit_rate
FROM main.model_calls LEFT JOIN filled USING (document_id, output_key)
GROUP BY day, schema_name, stage, coalesce(model, engine)""",
)

_NEWEST = "(failed_at, uri, coalesce(document_id, ''), coalesce(page, 0), message)"

FAILURE_CAUSES = View(
    "failure_causes",
    "Failures by cause, with the newest as an example.",
    columns_of(
        ("code", "VARCHAR", "kind of failure"),
        ("stage", "VARCHAR", "fetch, open, read, classify or extract"),
        ("failures", "BIGINT", "failures of all attempts"),
        ("documents", "BIGINT", "documents, or sources that could not be read, with any of them"),
        ("current", "BIGINT", "those that still have it after their newest outcome"),
        ("retryable", "BOOLEAN", "whether any of them may succeed later as it is"),
        ("first_at", "TIMESTAMP", "when the first happened"),
        ("last_at", "TIMESTAMP", "when the newest happened"),
        ("example_uri", "VARCHAR", "the newest: where the document was first seen"),
        ("example_message", "VARCHAR", "the newest: what happened"),
        ("hint", "VARCHAR", "the newest: what to do next"),
    ),
    f"""SELECT code, stage, count(*) AS failures,
    count(DISTINCT coalesce(document_id, uri)) AS documents,
    count(DISTINCT coalesce(document_id, uri)) FILTER ("current") AS current,
    bool_or(retryable) AS retryable, min(failed_at) AS first_at, max(failed_at) AS last_at,
    arg_max(uri, {_NEWEST}) AS example_uri, arg_max(message, {_NEWEST}) AS example_message,
    arg_max(hint, {_NEWEST}) AS hint
FROM main.failures GROUP BY code, stage""",
)

VIEWS = (
    AMOUNTS_BY_SUPPLIER_MONTH,
    CONFIDENCE_BANDS,
    REVIEW_EFFECT,
    DOCUMENT_COSTS,
    CACHE_HIT_RATES,
    FAILURE_CAUSES,
)
