"""A pipeline's source read as a typed graph."""
