"""What browsers ask of S3 beside its API: whether a page of another origin may, and forms that upload a file."""
