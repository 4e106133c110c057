"""One mistake in a definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """What is wrong, and where."""

    message: str
    code: str = "SCHEMA_VALIDATION_FAILED"
    location: str | None = None

    def __str__(self) -> str:
        place = "" if self.location is None or self.code == "INVALID_JSON_DESCRIPTION" else f" at {self.location}"
        if self.code == "MISSING_END_STATE":
            place = " at null"
        return f"{self.code}: {self.message}{place}"

    def to_json(self) -> dict[str, Any]:
        """The diagnostic as ValidateStateMachineDefinition answers it."""
        body = {"severity": "ERROR", "code": self.code, "message": self.message}
        return body if self.location is None else {**body, "location": self.location}
