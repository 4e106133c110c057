"""Deployers, one package per target."""
