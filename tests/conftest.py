"""Fixtures for every test."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

pytest_plugins = ["tests.fixtures.emulator", "tests.fixtures.target"]


@pytest.fixture(autouse=True, scope="session")
def _models_of_aws_are_parsed_once() -> Iterator[None]:
    """Where no test module has loaded botocore, no session parses any."""
    with pytest.MonkeyPatch.context() as patch:
        if "botocore.session" in sys.modules:
            from tests.fixtures import aws_models  # noqa: PLC0415 - a tenth of a second that unit tests need not pay

            aws_models.share(patch)
        yield


@pytest.fixture(autouse=True)
def _no_session_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3's default session keeps the credentials it first found: those of another test's emulator, perhaps."""
    if "boto3" in sys.modules:
        monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
