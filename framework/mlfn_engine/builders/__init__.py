"""Builders turn an image plan into an image."""
