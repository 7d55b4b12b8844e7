"""Every figure that the README or docs quote, re-runnable by one command each."""
