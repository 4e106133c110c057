"""Secrets through boto3."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fixtures.target import Target

MakeSecret = Callable[..., str]


@pytest.fixture(scope="session")
def secretsmanager(target: Target) -> Any:
    """A boto3 client."""
    return target.client("secretsmanager")


@pytest.fixture
def make_secret(secretsmanager: Any) -> Iterator[MakeSecret]:
    """Makes secrets: `make_secret("value", Description="…")` gives a name; they go with the test."""
    names: list[str] = []

    def make(value: str | bytes | None = None, **settings: Any) -> str:
        name = f"conf/{uuid.uuid4().hex[:12]}"
        member = "SecretString" if isinstance(value, str) else "SecretBinary"
        secretsmanager.create_secret(Name=name, **({member: value} if value is not None else {}), **settings)
        names.append(name)
        return name

    yield make
    for name in names:
        secretsmanager.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
