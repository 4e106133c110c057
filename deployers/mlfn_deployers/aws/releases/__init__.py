"""Versions of functions: which there are, which answer, and since when."""
