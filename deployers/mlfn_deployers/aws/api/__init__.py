"""Clients of AWS: made for a target, their errors translated, their answers waited for."""
