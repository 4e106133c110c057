"""A stage's audit trail, as commands reach and ask it."""
