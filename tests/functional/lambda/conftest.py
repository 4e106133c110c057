"""Lambda in process."""

from __future__ import annotations

from tests.fixtures.lambda_lab import run

__all__ = ["run"]
