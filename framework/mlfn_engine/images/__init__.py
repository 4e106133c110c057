"""What makes images the same on every machine: byte code and digests."""
