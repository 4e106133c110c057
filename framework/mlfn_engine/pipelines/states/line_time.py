"""A time limit for states that have no machine of their own to say it: those that a distributed map runs for each line.

A child execution takes no TimeoutSeconds. What takes time is held to what is left of the line's instead: tasks time
out, waits are cut short, and what comes after a wait or a caught timeout begins only if there is time left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mlfn_engine.pipelines.error_names import ALL, TIMEOUTS
from mlfn_engine.pipelines.states.jsonata import wrapped

State = dict[str, Any]

_EXECUTION = "$states.context.Execution"
_BEGAN = f"$toMillis($exists({_EXECUTION}.RedriveTime) ? {_EXECUTION}.RedriveTime : {_EXECUTION}.StartTime)"


def limited(states: dict[str, State], timeout_s: int) -> dict[str, State]:
    """The states of a level, those of its inner levels among them, that end with States.Timeout after so long."""
    return _Limit(timeout_s=timeout_s).level(states)


@dataclass(slots=True, kw_only=True)
class _Limit:
    """The limit of one line; names that it gives are the only ones of their kind in the machine."""

    timeout_s: int
    levels: int = 0
    guards: int = 0
    added: dict[str, State] = field(default_factory=dict)
    """What the level in work has got beside its own states."""

    @property
    def _left(self) -> str:
        """An expression for the seconds that are left."""
        return f"({self.timeout_s} - ($millis() - {_BEGAN}) / 1000)"

    def level(self, states: dict[str, State]) -> dict[str, State]:
        outer, self.added = self.added, {}
        self.levels += 1
        late = f"Too late {self.levels}"
        own = {name: self._state(state, late) for name, state in states.items()}
        if self.added:
            cause = f"The line took longer than {self.timeout_s} s."
            own |= {**self.added, late: {"Type": "Fail", "Error": TIMEOUTS[0], "Cause": cause}}
        self.added = outer
        return own

    def _state(self, state: State, late: str) -> State:
        caught = {"Catch": [self._catcher(each, late) for each in state["Catch"]]} if "Catch" in state else {}
        return {**state, **caught, **self._held(state, late)}

    def _held(self, state: State, late: str) -> State:
        """What is different of a state by its kind."""
        match state:
            case {"Type": "Task", "TimeoutSeconds": int(own)}:
                return {"TimeoutSeconds": wrapped(f"$min([{own}, $max([1, $ceil({self._left})])])")}
            case {"Type": "Wait", "Seconds": seconds, "Next": after}:
                cut = wrapped(f"$min([{_expression(seconds)}, $max([0, $ceil({self._left})])])")
                return {"Seconds": cut, "Next": self._guard(after, late)}
            case {"Type": "Map", "ItemProcessor": processor}:
                return {"ItemProcessor": {**processor, "States": self.level(processor["States"])}}
            case {"Type": "Parallel", "Branches": branches}:
                return {"Branches": [{**each, "States": self.level(each["States"])} for each in branches]}
        return {}

    def _catcher(self, catcher: State, late: str) -> State:
        """A timeout may be the line's: its handler begins only if there is time."""
        if {*ALL, *TIMEOUTS}.isdisjoint(catcher["ErrorEquals"]):
            return catcher
        return {**catcher, "Next": self._guard(catcher["Next"], late)}

    def _guard(self, after: str, late: str) -> str:
        self.guards += 1
        name = f"In time {self.guards}"
        over = {"Condition": wrapped(f"{self._left} <= 0"), "Next": late}
        self.added[name] = {"Type": "Choice", "Choices": [over], "Default": after}
        return name


def _expression(value: Any) -> str:
    """A number, or what stands between the marks of an expression."""
    return value.removeprefix("{%").removesuffix("%}").strip() if isinstance(value, str) else str(value)
