"""Tables from words and ruling lines: where they are, their grid, and what stands in its cells."""
