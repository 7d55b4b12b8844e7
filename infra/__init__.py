"""Settings, object storage, lake, warehouse, the cage for risky work, and the pipeline."""
