"""Fixtures for every test."""

from __future__ import annotations

pytest_plugins = ["tests.fixtures.emulator", "tests.fixtures.target"]
