"""Discover, resolve, package, plan and execute."""
