"""The audit record: its fields, its bytes and its keys (docs/audit-record.md)."""
