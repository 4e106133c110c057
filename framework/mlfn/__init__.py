"""Turn a typed predict function into a governed serverless endpoint."""
