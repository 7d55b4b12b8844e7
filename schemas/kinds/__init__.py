"""The document types that come with docmill, as plain Pydantic models."""
