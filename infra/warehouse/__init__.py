"""The warehouse: a DuckDB file that shows what is in the lake, and can be rebuilt from it."""
