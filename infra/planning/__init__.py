"""What would run, and what it would cost: shown before anything runs."""
