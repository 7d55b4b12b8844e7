"""`docmill serve`: the process that owns a warehouse, loads it, and answers over HTTP."""
