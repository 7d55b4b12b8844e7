"""The data that moves between stages, the error tree, and the document kinds users extract."""
