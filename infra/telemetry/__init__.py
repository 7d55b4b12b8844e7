"""Metrics for Prometheus and traces for OpenTelemetry. docs/operations.md says what to watch."""
