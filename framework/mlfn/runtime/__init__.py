"""mlfn's own Lambda runtime: a loop over the Runtime API that records every call (docs/architecture.md)."""
