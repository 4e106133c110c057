"""The audit trail: query, verify, and the platform functions that keep it."""
