"""Verification of the audit trail, from its specification alone: nothing here is shared with what writes records."""
