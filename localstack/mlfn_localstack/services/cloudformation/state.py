"""What the service remembers: stacks, their resources, events and change sets."""

from __future__ import annotations

import time
import uuid
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import Caller, Session, caller_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_localstack.store import Store


_EVENTS_APART_NS = 1_000_000


def now() -> str:
    """The present, as it is stored."""
    return _written(datetime.now(UTC))


def _written(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds")


def moment(text: str) -> datetime:
    """A stored time, as boto3 shows it."""
    return datetime.fromisoformat(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What a stack is made from."""

    body: str
    parameters: dict[str, str]
    tags: dict[str, str]
    capabilities: list[str] = field(default_factory=list)
    role_arn: str | None = None
    notification_arns: list[str] = field(default_factory=list)
    stored: dict[str, str] = field(default_factory=dict)
    """What the Parameter Store held for parameters that name something in it."""
    submitted: str = ""
    """The template's text before its transforms made `body` of it; nothing if it had none."""

    @property
    def template(self) -> str:
        """The template's text as it was given."""
        return self.submitted or self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Incarnation:
    """A real resource behind a logical id."""

    type: str
    physical_id: str
    properties: dict[str, Any]
    attributes: dict[str, Any]
    needs: list[str]
    deletion_policy: str
    replace_policy: str
    is_secret: bool = False
    """Whether nobody may be shown its attributes."""
    request_id: str = ""
    """The request that its provider answered, if a provider made it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A logical id of a stack: what it is now, and what an unfinished operation would go back to."""

    logical_id: str
    type: str
    status: str
    reason: str | None = None
    updated_at: str
    token: str = ""
    """Names what is being created, so that an interrupted creation finds it again."""
    current: Incarnation | None = None
    previous: Incarnation | None = None
    attempted: dict[str, Any] | None = None
    """Properties that an update in place may have set in part."""
    discard: Incarnation | None = None
    """What a rolled back replacement made: it goes when the operation cleans up."""
    physical_id: str = ""
    """The last one it had, which stays known after its removal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A stack; an operation under way is told by its status alone."""

    id: str
    name: str
    status: str
    reason: str | None = None
    created_at: str
    updated_at: str | None = None
    deleted_at: str | None = None
    revision: Revision
    previous: Revision | None = None
    """What the running update goes back to when it fails."""
    outputs: list[dict[str, Any]] = field(default_factory=list)
    principal: Caller
    """On whose behalf resources are changed: a session whole, for its policies narrow what may be done in its name."""
    termination_protection: bool = False
    on_failure: str = "ROLLBACK"
    request_token: str | None = None
    change_set_id: str | None = None
    retain: list[str] = field(default_factory=list)
    """Logical ids that the running deletion leaves, or the running rollback skips."""
    delete_requested: bool = False
    """Stop creating and delete instead."""
    cancel_requested: bool = False
    """Stop updating and roll back instead."""
    imports: list[str] = field(default_factory=list)
    """The exports it uses."""
    timeout_minutes: int | None = None
    """How long its creation may take."""
    retain_except_on_create: bool = False
    """Whether what the running operation made goes when it is rolled back, even if it is to be retained."""
    parent_id: str | None = None
    """The stack that this one is nested in."""
    root_id: str | None = None
    before: Revision | None = None
    """What a nested stack was before its last update, to which the one around it may have to go back."""
    policy: str = ""
    """The stack policy's text; nothing if none was ever set."""
    importing: dict[str, str] = field(default_factory=dict)
    """What names the resources that the running import takes over, by logical id."""
    problem: str = ""
    """Why it cannot be made, if that was known before anything was begun."""
    update_policy: str = ""
    """What holds instead during the running update."""

    @property
    def policy_in_force(self) -> str:
        """The stack policy that counts now."""
        return self.update_policy if self.update_policy and self.status == "UPDATE_IN_PROGRESS" else self.policy

    @property
    def in_progress(self) -> bool:
        """Whether an operation is under way."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    @property
    def exists(self) -> bool:
        """Whether it can be named by its name."""
        return self.status != "DELETE_COMPLETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """A prepared change of a stack."""

    id: str
    name: str
    stack_id: str
    kind: str
    description: str | None
    created_at: str
    status: str
    reason: str | None
    execution_status: str
    revision: Revision
    changes: list[dict[str, Any]]
    on_failure: str
    request_token: str | None = None
    outline: list[dict[str, Any]] = field(default_factory=list)
    """The changes without values, and those that may come of them."""
    nested: bool = False
    """Whether it was asked to look into nested stacks, of which there are none."""
    importing: bool | None = None
    """Whether it was asked to take over what is there already."""
    imports: dict[str, str] = field(default_factory=dict)
    """What names the resources that it is to take over, by logical id."""
    deployment: dict[str, Any] | None = None
    """How it is to be carried out, as it was given."""


class Stacks:
    """Everything the service remembers, in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stacks = store.documents("cloudformation.stacks")
        self._names = store.documents("cloudformation.names")
        self._resources = store.documents("cloudformation.resources")
        self._events = store.documents("cloudformation.events")
        self._change_sets = store.documents("cloudformation.change_sets")
        self.drifts = store.documents("cloudformation.drifts")
        """What was last found of a resource, by stack's id and logical id."""
        self.drift_detections = store.documents("cloudformation.drift_detections")
        """Detections by id, and each stack's last by the stack's."""
        self._last_event = 0

    def all(self) -> list[Stack]:
        """Every stack that ever was, newest first."""
        found = [_stack(body) for _, body in self._stacks.items()]
        return sorted(found, key=lambda stack: stack.created_at, reverse=True)

    def find(self, name_or_id: str) -> Stack | None:
        """A stack by id, or one that exists by name."""
        stack_id = name_or_id if name_or_id.startswith("arn:") else self._names.get(name_or_id)
        body = self._stacks.get(stack_id) if stack_id else None
        return _stack(body) if body else None

    def put(self, stack: Stack) -> None:
        """Remember a stack."""
        self._stacks.put(stack.id, asdict(stack))
        if stack.exists:
            self._names.put(stack.name, stack.id)
        elif self._names.get(stack.name) == stack.id:
            self._names.delete(stack.name)

    def update(self, stack_id: str, **changes: Any) -> Stack:
        """Change fields of a stack."""
        found = self.find(stack_id)
        if found is None:
            raise LookupError(stack_id)
        stack = replace(found, **changes)
        self.put(stack)
        return stack

    def resources(self, stack_id: str) -> dict[str, Resource]:
        """A stack's resources by logical id."""
        rows = self._resources.items(f"{stack_id}/")
        return {key.rsplit("/", 1)[1]: _resource(body) for key, body in rows}

    def put_resource(self, stack_id: str, resource: Resource) -> None:
        """Remember a resource."""
        self._resources.put(f"{stack_id}/{resource.logical_id}", asdict(resource))

    def drop_resource(self, stack_id: str, logical_id: str) -> None:
        """Forget a resource."""
        self._resources.delete(f"{stack_id}/{logical_id}")

    def add_event(self, stack: Stack, event: dict[str, Any]) -> None:
        """Append to a stack's events."""
        # a millisecond apart, which is what clients see of times: some sort events by them
        self._last_event = max(self._last_event + _EVENTS_APART_NS, time.time_ns())
        body = {
            "StackId": stack.id,
            "EventId": str(uuid.uuid4()),
            "StackName": stack.name,
            **event,
            "Timestamp": _written(datetime.fromtimestamp(self._last_event / 1e9, UTC)),
        }
        if stack.request_token:
            body["ClientRequestToken"] = stack.request_token
        self._events.put(f"{stack.id}/{self._last_event:020}", body)

    def events(self, stack_id: str) -> list[dict[str, Any]]:
        """A stack's events, newest first."""
        return [body for _, body in reversed(self._events.items(f"{stack_id}/"))]

    def put_change_set(self, change_set: ChangeSet) -> None:
        """Remember a change set."""
        self._change_sets.put(f"{change_set.stack_id}/{change_set.id}", asdict(change_set))

    def drop_change_set(self, change_set: ChangeSet) -> None:
        """Forget a change set."""
        self._change_sets.delete(f"{change_set.stack_id}/{change_set.id}")

    def change_sets(self, stack_id: str = "") -> Iterator[ChangeSet]:
        """The change sets of a stack, or all, oldest first."""
        prefix = f"{stack_id}/" if stack_id else ""
        found = [_change_set(body) for _, body in self._change_sets.items(prefix)]
        return iter(sorted(found, key=lambda one: one.created_at))

    def exports(self) -> dict[str, tuple[str, str]]:
        """Export name -> value and exporting stack's id."""
        return {
            output["ExportName"]: (output["OutputValue"], stack.id)
            for stack in self.all()
            if stack.exists
            for output in stack.outputs
            if "ExportName" in output
        }

    async def durable(self) -> None:
        """Return once everything above is on disk."""
        await self._store.durable()


def _stack(body: dict[str, Any]) -> Stack:
    revisions = {name: Revision(**body[name]) for name in ("revision", "previous", "before") if body.get(name)}
    return Stack(**{**body, **revisions, "principal": _caller(body["principal"])})


def _caller(stored: str | dict[str, Any]) -> Caller:
    if isinstance(stored, str):  # by an earlier version, which kept the ARN alone
        return caller_of(stored, stored.split(":")[4])
    told = stored["session"]
    return Caller(**{**stored, "session": told and _session(told)})


def _session(told: dict[str, Any]) -> Session:
    tags = tuple((key, value) for key, value in told["tags"])
    return Session(**{**told, "tags": tags, **{name: tuple(told[name]) for name in ("policies", "transitive")}})


_INCARNATIONS = ("current", "previous", "discard")


def _resource(body: dict[str, Any]) -> Resource:
    both = {key: Incarnation(**body[key]) if body[key] else None for key in _INCARNATIONS}
    return Resource(**{**body, **both})


def _change_set(body: dict[str, Any]) -> ChangeSet:
    return ChangeSet(**{**body, "revision": Revision(**body["revision"])})
