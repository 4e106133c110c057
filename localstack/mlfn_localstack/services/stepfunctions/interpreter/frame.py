"""Where a scope (the machine, a branch, an iteration) stands: all that is needed to go on from there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mlfn_localstack.services.stepfunctions.asl.json_text import Payload, parse


@dataclass(slots=True, kw_only=True)
class Frame:
    """The progress of one scope, saved with every transition."""

    path: str
    """Position in the tree of scopes: `` for the machine, `/0` for its state's first branch, and so on."""
    state: str
    data: Payload
    """The current state's input; once `done`, the scope's output."""
    previous: int
    """The event that the scope's next event follows."""
    variables: dict[str, Any] = field(default_factory=dict)
    item: dict[str, Any] | None = None
    """The map item (`Index`, `Value`) of an iteration."""
    entered: bool = False
    entered_id: int = 0
    entered_after: int = 0
    """The event that the one of entering follows."""
    entered_at: str = ""
    retries: list[int] = field(default_factory=list)
    """Attempts used, one count per retrier."""
    retry_at: float | None = None
    work: dict[str, Any] = field(default_factory=dict)
    """What the current state has under way: deadline, token, started children."""
    done: bool = False

    def move(self, state: str, data: Payload) -> None:
        """Go to the next state, which is not entered yet."""
        self.state, self.data = state, data
        self.entered, self.retries, self.retry_at, self.work = False, [], None, {}

    def finish(self, output: Payload) -> None:
        """The scope has ended with `output`."""
        self.data, self.done, self.work = output, True, {}

    def to_json(self) -> dict[str, Any]:
        """The frame as the journal keeps it."""
        return {
            "path": self.path,
            "state": self.state,
            "data": self.data.text,
            "previous": self.previous,
            "variables": self.variables,
            "item": self.item,
            "entered": self.entered,
            "entered_id": self.entered_id,
            "entered_after": self.entered_after,
            "entered_at": self.entered_at,
            "retries": self.retries,
            "retry_at": self.retry_at,
            "work": self.work,
            "done": self.done,
        }

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Frame:
        """The frame that `to_json` wrote."""
        text = body.pop("data")
        return cls(data=Payload(parse(text), text), **body)
