"""One stay in one state, and how it is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.flow import Definition, Exit, View
from mlfn_localstack.services.stepfunctions.asl.flow_jsonata import JsonataFlow
from mlfn_localstack.services.stepfunctions.asl.flow_jsonpath import JsonPathFlow
from mlfn_localstack.services.stepfunctions.interpreter.context import context_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mlfn_localstack.services.stepfunctions.asl.failure import StateError
    from mlfn_localstack.services.stepfunctions.asl.json_text import Payload
    from mlfn_localstack.services.stepfunctions.interpreter.frame import Frame
    from mlfn_localstack.services.stepfunctions.interpreter.world import Run

    RunScope = Callable[[Run, Definition, Frame, dict[str, Any]], Awaitable[Payload]]
    """Runs a scope's states from where its frame stands, with the variables around it, to its output."""


@dataclass(slots=True, kw_only=True)
class Stay:
    """One stay in one state: what its executor works on."""

    run: Run
    frame: Frame
    state: Definition
    inherited: dict[str, Any]
    """The variables of the enclosing scopes."""
    jsonata: bool
    """The query language of this state."""
    inside: RunScope
    """Runs the scopes inside the state."""
    context: dict[str, Any] | None = None
    """A context object that a test gives, instead of the real one."""

    def flow(self) -> JsonPathFlow | JsonataFlow:
        """The state's data flow, with the context object as it is now."""
        view = View(
            raw=self.frame.data,
            context=context_of(self.run, self.frame, self.state) if self.context is None else self.context,
            variables={**self.inherited, **self.frame.variables},
        )
        return JsonataFlow(view) if self.jsonata else JsonPathFlow(view)

    def event(self, kind: str, details: dict[str, Any] | None = None) -> int:
        """Write an event that follows the scope's last one, and becomes it."""
        self.frame.previous = self.run.journal.event(kind, self.frame.previous, details)
        return self.frame.previous

    async def commit(self) -> None:
        """Make what happened so far durable."""
        self.run.journal.save(self.frame)
        await self.run.journal.durable()


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """How a state is left: its exit, and the next state's name (None ends the scope)."""

    exit: Exit
    next: str | None


def report(stay: Stay, failure: StateError) -> None:
    """Put the state's name in front of a cause that evaluating its definition gave, and record the evaluation."""
    if failure.internal:
        place = f"'{stay.frame.state}' (entered at the event id #{stay.frame.entered_id})"
        failure.cause = f"An error occurred while executing the state {place}. {failure.cause}"
        failure.internal = False
    if failure.location is not None:
        details = {
            "error": failure.error,
            "cause": failure.cause,
            "location": failure.location,
            "state": stay.frame.state,
        }
        if stay.state["Type"] in {"Map", "Pass"} and not {"started", "map_run"} & stay.frame.work.keys():
            stay.frame.previous = stay.frame.entered_after  # as AWS links it, past the event of the entry
        stay.event("EvaluationFailed", {name: value for name, value in details.items() if value})
        failure.location = None
