"""Fixtures for every test."""

from __future__ import annotations

import sys

import pytest

pytest_plugins = ["tests.fixtures.emulator", "tests.fixtures.target"]


@pytest.fixture(autouse=True)
def _no_session_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3's default session keeps the credentials it first found: those of another test's emulator, perhaps."""
    if "boto3" in sys.modules:
        monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
