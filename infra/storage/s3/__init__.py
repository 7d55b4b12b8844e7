"""S3 and what speaks its protocol, on boto3. Imported only where a store is on S3."""
