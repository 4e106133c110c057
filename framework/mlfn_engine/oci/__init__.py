"""Images as OCI specifies them: documents, media types, and layers as archives."""
