"""The shape of an integration, and the tasks that call a service of the emulator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.asl.json_text import Payload
    from mlfn_localstack.services.stepfunctions.interpreter.stay import Stay
    from mlfn_localstack.services.stepfunctions.interpreter.world import Run


class Mode(StrEnum):
    """When a task counts as done, by the suffix of its resource."""

    REQUEST = ""
    SYNC = ".sync"
    SYNC_2 = ".sync:2"
    TOKEN = ".waitForTaskToken"  # noqa: S105  a suffix, not a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCall:
    """One attempt at a task."""

    run: Run
    work: dict[str, Any]
    """What is kept of the attempt across a restart."""
    arguments: Payload
    stay: Stay
    role: str
    """Who calls: the state machine's role, or the one its Credentials name."""


class Integration(Protocol):
    """How one kind of task is done."""

    @property
    def family(self) -> str:
        """How its events begin: `Task`, `LambdaFunction` or `Activity`."""

    @property
    def labels(self) -> dict[str, Any]:
        """What its events say of the resource."""

    @property
    def subject(self) -> str:
        """What a cause calls it."""

    @property
    def needs_token(self) -> bool:
        """Whether somebody else completes it."""

    @property
    def submits(self) -> bool:
        """Whether it is done in two steps: submitted, then awaited."""

    @property
    def starts_at_once(self) -> bool:
        """Whether it starts when it is scheduled (an activity waits for a worker)."""

    @property
    def activity(self) -> str | None:
        """The activity whose workers do it."""

    def scheduled(self, arguments: Payload, region: str) -> dict[str, Any]:
        """The details of its scheduled event."""

    async def perform(self, call: TaskCall) -> Payload:
        """Do it, or go on with it.

        Raises:
            StateError: it failed.
        """


Request = Callable[[TaskCall], Awaitable["Payload"]]
Completion = Callable[[TaskCall, Mode], Awaitable["Payload"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTask:
    """A task that calls an operation: `arn:aws:states:::lambda:invoke`."""

    kind: str
    action: str
    mode: Mode
    request: Request
    completion: Completion | None = None
    family: str = "Task"
    starts_at_once: bool = True
    activity: str | None = None

    @property
    def labels(self) -> dict[str, Any]:
        """`lambda`, `invoke.waitForTaskToken`."""
        return {"resourceType": self.kind, "resource": f"{self.action}{self.mode}"}

    @property
    def subject(self) -> str:
        """`lambda`."""
        return self.kind

    @property
    def needs_token(self) -> bool:
        """Whether it waits for a callback."""
        return self.mode is Mode.TOKEN

    @property
    def submits(self) -> bool:
        """Whether it waits after the call."""
        return self.mode is not Mode.REQUEST

    def scheduled(self, arguments: Payload, region: str) -> dict[str, Any]:
        """The parameters of the call."""
        return {**self.labels, "region": region, "parameters": arguments.text}

    async def perform(self, call: TaskCall) -> Payload:
        """Call; then, by its mode, wait for a callback or for the end of what was started."""
        if self.mode is Mode.REQUEST:
            return await self.request(call)
        if "submitted" not in call.work:
            await self._submit(call)
        if self.completion is not None and self.mode is not Mode.TOKEN:
            return await self.completion(call, self.mode)
        world = call.run.world
        return await world.tokens.outcome(call.work["token"], world.clock, call.work["heartbeat"])

    async def _submit(self, call: TaskCall) -> None:
        submitted = await self.request(call)
        details = {"output": submitted.text, "outputDetails": {"truncated": False}, **self.labels}
        call.work["submitted"] = call.stay.event("TaskSubmitted", details)
        if self.mode in {Mode.SYNC, Mode.SYNC_2}:
            call.work["awaited"] = call.work["child_arn"]
        await call.stay.commit()
