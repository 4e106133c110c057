"""One validation of a machine, as it goes on."""

from __future__ import annotations

from dataclasses import dataclass, field

from mlfn_localstack.services.stepfunctions.validation.diagnostic import Diagnostic


@dataclass(slots=True, kw_only=True)
class Inspection:
    """One validation: what is found, and what holds for the whole machine."""

    express: bool
    jsonata: bool = False
    """The machine's query language."""
    mocked: bool = False
    """A mock takes the place of tasks, which may therefore be any that AWS has."""
    found: list[Diagnostic] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)

    def report(self, message: str, location: str, code: str = "SCHEMA_VALIDATION_FAILED") -> None:
        """Note a mistake."""
        self.found.append(Diagnostic(message=message, location=location or "/", code=code))
