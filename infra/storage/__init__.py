"""Where bytes are kept: one protocol, a local folder and S3."""
