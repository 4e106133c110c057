"""How data passes through one state: what both query languages have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.asl.json_text import Payload

Definition = dict[str, Any]
"""A state, scope or machine as its JSON says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """What leaves a state: its output, and the variables it assigns."""

    output: Payload
    assigned: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the expressions of a state can see."""

    raw: Payload
    """The state's input."""
    context: dict[str, Any]
    variables: dict[str, Any]


class Flow(Protocol):
    """One state's data flow, in its query language. Every method may raise StateError."""

    view: View
    jsonata: bool

    def effective_input(self, state: Definition) -> Payload:
        """The input after InputPath."""

    def arguments(self, state: Definition) -> Payload:
        """What is handed to a task, branch or reader: Parameters, or Arguments."""

    def template(
        self, template: Any, location: str, item: dict[str, Any] | None = None, data: Payload | None = None
    ) -> Any:
        """Another template of the state (ItemSelector, ReaderConfig …), with the map item in the context if given."""

    def number(self, state: Definition, name: str, default: float | None = None) -> float | None:
        """A numeric field: literal, by `<name>Path`, or by expression."""

    def text(self, state: Definition, name: str) -> str | None:
        """A string field: literal, by `<name>Path`, or by expression."""

    def finish(self, state: Definition, result: Payload) -> Exit:
        """The exit of a state that has a result."""

    def skip(self, state: Definition) -> Exit:
        """The exit of a state without one (Wait, Succeed, Choice)."""

    def caught(self, catcher: Definition, location: str, error: dict[str, str | None]) -> Exit:
        """The exit through a catcher."""
