"""What the interpreter needs of the world around it: a clock, a journal, callers of services, tokens, child runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.asl.flow import Definition
    from mlfn_localstack.services.stepfunctions.asl.json_text import Payload
    from mlfn_localstack.services.stepfunctions.interpreter.frame import Frame


class Clock(Protocol):
    """Time, in seconds since the epoch."""

    def now(self) -> float:
        """The present moment."""

    def seconds_until(self, moment: float) -> float:
        """What the machine's own clock has left until `moment`; negative once it has passed."""

    async def sleep_until(self, moment: float) -> None:
        """Return once `moment` has come."""


class Journal(Protocol):
    """Where an execution's events and frames are kept."""

    def event(self, kind: str, previous: int, details: dict[str, Any] | None = None) -> int:
        """Write a history event; its id."""

    def save(self, frame: Frame) -> None:
        """Write where a scope stands."""

    def load(self, path: str) -> Frame | None:
        """Where a scope stood when it was last saved."""

    def drop_below(self, path: str) -> None:
        """Forget the scopes below a scope."""

    async def durable(self) -> None:
        """Return once everything written is on disk."""

    def commit_soon(self) -> None:
        """Have everything written on disk soon, whether or not the execution does anything before."""


class Tokens(Protocol):
    """Tasks that somebody else completes."""

    def create(self, token: str, execution: str, *, activity: str | None = None, text: str = "") -> None:
        """Make a token valid; an activity's task waits for a worker with `text` as its input."""

    async def outcome(self, token: str, clock: Clock, heartbeat_s: float | None) -> Payload:
        """What SendTaskSuccess brought.

        Raises:
            StateError: what SendTaskFailure brought, or States.HeartbeatTimeout.
        """

    async def taken(self, token: str) -> str | None:
        """The name of the worker that took an activity's task, once one has."""

    def close(self, token: str) -> None:
        """Make a token invalid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an execution ended."""

    status: str
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    description: dict[str, Any] = field(default_factory=dict)
    """DescribeExecution's answer."""


class World(Protocol):
    """Everything outside of the interpreter."""

    @property
    def clock(self) -> Clock:
        """The time."""

    @property
    def tokens(self) -> Tokens:
        """The tasks that somebody else completes."""

    @property
    def region(self) -> str:
        """The region it is in."""

    async def call(self, service: str, operation: str, params: dict[str, Any], *, principal: str) -> dict[str, Any]:
        """A neighbour's answer.

        Raises:
            ServiceError: as the neighbour says.
        """

    async def ended(self, execution_arn: str) -> Ended:
        """How an execution ended, once it has."""

    async def run_child(self, run: Run, spec: ChildSpec) -> Ended:
        """Run one child execution of a distributed map (or go on with it, or recall how it ended)."""

    async def abort_child(self, run: Run, spec: ChildSpec, started: float) -> Ended:
        """How a child execution ended, which is stopped unless it has ended already."""

    async def abandon(self, execution: str, path: str) -> None:
        """End what the states at and below a path had under way: nobody waits for it any more."""

    def has_activity(self, arn: str) -> bool:
        """Whether an activity exists."""

    def write_map_run(self, arn: str, body: dict[str, Any]) -> None:
        """Record the progress of a map run."""

    def read_map_run(self, arn: str) -> dict[str, Any] | None:
        """What `write_map_run` recorded last, with later changes by UpdateMapRun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """A child execution of a distributed map, which sees none of its parent's variables.

    https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
    """

    map_run: str
    label: str
    name: str
    express: bool
    definition: Definition
    data: Payload
    item: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution under way."""

    arn: str
    name: str
    role: str
    machine_arn: str
    machine_name: str
    started_at: str
    """RFC 3339."""
    data: Any
    """The execution's input."""
    express: bool
    redrives: int
    jsonata: bool
    """The machine's query language is JSONata."""
    journal: Journal
    world: World
    synchronous: bool = False
    """Somebody waits for its answer (StartSyncExecution), or it is a test: it has no redrives to count."""
    redriven_at: str | None = None
    """RFC 3339; None if it never was."""
