"""The thin outer layer: the command line, and the Prefect flows over `infra.pipeline`."""
