"""Calls of what is deployed: their input, the way there, the answer."""
