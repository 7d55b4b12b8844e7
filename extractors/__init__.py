"""The stages as plain functions and engines: render, read, extract, ground, score, triage."""
