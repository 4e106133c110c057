"""What a resource type is: a schema, and how its resources are made, changed and removed through their service."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from mlfn_localstack.service import Result, ServiceError
from mlfn_localstack.services.cloudformation.errors import ToldFailureError
from mlfn_localstack.services.cloudformation.schema import Shape

if TYPE_CHECKING:
    from mlfn_localstack.services.cloudformation.provider_requests import Provider
    from mlfn_localstack.services.cloudformation.state import Incarnation

_POLL_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One resource to be handled."""

    logical_id: str
    stack_name: str
    token: str
    """Unique to this incarnation, the same when an interrupted creation goes on."""
    properties: Mapping[str, Any]
    region: str
    account_id: str
    caller: Callable[[str, str, dict[str, Any]], Awaitable[Result]]
    on_created: Callable[[str], Awaitable[None]]
    stack_id: str = ""
    capabilities: tuple[str, ...] = ()
    """What was acknowledged for the stack."""
    type: str = ""
    provider: Provider | None = None
    """Whom to ask for a custom resource; None outside of operations."""
    signals: Signals | None = None
    """What wait conditions wait for; None outside of operations."""
    remembered: Mapping[str, Any] | None = None
    """The attributes that the resource had before a failed update that is taken back; None if none is."""

    async def call(self, service: str, operation: str, **params: Any) -> Result:
        """The answer of another service, members that are None left out."""
        return await self.caller(service, operation, {key: value for key, value in params.items() if value is not None})

    async def created(self, physical_id: str) -> None:
        """Say that the resource exists from now on, though it may not be complete."""
        await self.on_created(physical_id)

    def name(self, given: str | None, *, limit: int = 64, lower: bool = False) -> str:
        """The name given, or one made as CloudFormation makes it: stack, logical id, random part."""
        if given:
            return given
        suffix = hashlib.sha256(self.token.encode()).hexdigest()[:12].upper()
        room = (limit - len(suffix) - 2) // 2
        made = f"{self.stack_name[:room]}-{self.logical_id[:room]}-{suffix}"
        return made.lower() if lower else made

    def pick(self, *names: str) -> dict[str, Any]:
        """The named properties that are given."""
        return {name: self.properties[name] for name in names if name in self.properties}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A resource as it is now: what `Ref` and `Fn::GetAtt` give."""

    physical_id: str
    attributes: dict[str, Any]
    is_secret: bool = False
    """Whether nobody may be shown its attributes."""
    request_id: str = ""
    """The request that its provider answered, if a provider made it."""


class Signals(Protocol):
    """The signals that wait conditions wait for, in one operation."""

    def address(self, place: str) -> str:
        """Where those for a handle are put."""

    def place(self, address: str) -> str:
        """The handle that an address is of."""

    async def all(self, place: str, count: int, within_s: int) -> dict[str, str]:
        """The data of as many of them, by their ids."""

    def forget(self, place: str) -> None:
        """The handle is gone."""


class UnreadableError(Exception):
    """A resource type's properties cannot be read back."""


class HalfMadeError(ToldFailureError):
    """A creation or an update that failed, and left something that is to be removed or taken back."""

    def __init__(self, message: str, physical_id: str) -> None:
        super().__init__(message)
        self.physical_id = physical_id
        self.left: Incarnation | None = None
        """What the stack is to know of it."""


class ResourceType:
    """A resource type; subclasses say how."""

    properties: ClassVar[Mapping[str, Any]]
    create_only: ClassVar[frozenset[str]] = frozenset()
    """A change of one of these makes a new resource."""
    attributes: ClassVar[frozenset[str]] = frozenset()
    """What `Fn::GetAtt` may ask for."""
    name_property: ClassVar[str | None] = None
    identifier: ClassVar[str | None] = None
    """The property that names a resource which is to be imported; None: none is."""
    tag_style: ClassVar[str | None] = None
    """How `Tags` are written: `list`, `map`, or None when the type takes none."""
    system_tags: ClassVar[bool] = True
    """Whether CloudFormation tags them itself (`cloudFormationSystemTags` of the type's schema)."""
    reexamined: ClassVar[bool] = False
    """Whether every update of the stack looks at them, since what they are made from lies elsewhere."""
    shows_properties: ClassVar[bool] = True
    """Whether `Fn::GetAtt` gives what the template says of them, too."""

    def has_attribute(self, name: str) -> bool:
        """Whether `Fn::GetAtt` may ask for it."""
        return name in self.attributes

    def check_change(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Refuse, before anything is done, a change that resources of this type cannot have.

        Raises:
            ToldFailureError: they cannot.
        """

    async def create(self, request: Request) -> Made:
        """Make a resource; `request.created` is awaited as soon as it exists."""
        raise _missing(self, "create")

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Bring a resource from `old` properties (empty: unknown) to the request's."""
        raise _missing(self, "update")

    async def delete(self, request: Request, physical_id: str) -> None:
        """Remove a resource that has the request's properties."""
        raise _missing(self, "delete")

    async def find(self, request: Request) -> str | None:
        """The physical id that an interrupted `create` of the same request left behind, if it did."""
        return None

    async def read(self, request: Request, physical_id: str) -> dict[str, Any] | None:
        """The properties as they are now, as far as they can be read back, or None if the resource is gone.

        Raises:
            UnreadableError: the type has no drift detection.
        """
        raise UnreadableError

    def tagged(self, properties: Mapping[str, Any], stack_tags: Mapping[str, str]) -> Mapping[str, Any]:
        """The properties with the stack's tags added; the resource's own come first."""
        if not stack_tags or self.tag_style is None:
            return properties
        if self.tag_style == "map":
            return {**properties, "Tags": {**stack_tags, **properties.get("Tags", {})}}
        own = properties.get("Tags", [])
        names = {tag["Key"] for tag in own}
        passed = [{"Key": key, "Value": value} for key, value in stack_tags.items() if key not in names]
        return {**properties, "Tags": [*own, *passed]}


def _missing(kind: ResourceType, action: str) -> TypeError:
    return TypeError(f"{type(kind).__name__} does not say how to {action}")


def changed(new: Mapping[str, Any], old: Mapping[str, Any], names: Iterable[str]) -> bool:
    """Whether one of the named properties differs."""
    return any(new.get(name) != old.get(name) for name in names)


def tag_map(tags: Any) -> dict[str, str]:
    """Tags by key, from either style."""
    if isinstance(tags, Mapping):
        return dict(tags)
    return {tag["Key"]: tag["Value"] for tag in tags or []}


@dataclass(frozen=True, slots=True, kw_only=True)
class TagChange:
    """What to add and what to remove."""

    put: dict[str, str]
    removed: list[str]


def tag_change(new: Mapping[str, Any], old: Mapping[str, Any]) -> TagChange:
    """What brings the tags of `old` properties to those of `new`."""
    wanted, had = tag_map(new.get("Tags")), tag_map(old.get("Tags"))
    put = {key: value for key, value in wanted.items() if had.get(key) != value}
    return TagChange(put=put, removed=[key for key in had if key not in wanted])


def lower_first(value: Any) -> Any:
    """The same value with every key's first letter in lower case, as some services write their members."""
    if isinstance(value, Mapping):
        return {key[:1].lower() + key[1:]: lower_first(item) for key, item in value.items()}
    return [lower_first(item) for item in value] if isinstance(value, list) else value


async def text_in_s3(request: Request, place: Mapping[str, str]) -> str:
    """What lies in S3 at a `Bucket` and a `Key`, perhaps of a `Version`, as text."""
    asked = {"Bucket": place["Bucket"], "Key": place["Key"], "VersionId": place.get("Version")}
    content: bytes = (await request.call("s3", "GetObject", **asked))["Body"].read()
    return content.decode()


async def found(call: Awaitable[Result]) -> Result | None:
    """A call's answer, or None when it says that there is no such thing."""
    try:
        return await call
    except ServiceError as error:
        if is_missing(error):
            return None
        raise


def is_missing(error: ServiceError) -> bool:
    """Whether an error says that the thing it is about does not exist."""
    parts = ("NotFound", "DoesNotExist")
    return error.status == 404 or error.code.startswith("NoSuch") or any(part in error.code for part in parts)


async def settled(read: Callable[[], Awaitable[str]], *, busy: Iterable[str]) -> str:
    """A state once it is none of the busy ones."""
    states = frozenset(busy)
    while (state := await read()) in states:
        await asyncio.sleep(_POLL_S)
    return state


__all__ = [
    "HalfMadeError", "Made", "Request", "ResourceType", "Shape", "Signals", "TagChange", "ToldFailureError",
    "UnreadableError", "changed", "found", "is_missing", "lower_first", "settled", "tag_change", "tag_map",
    "text_in_s3",
]  # fmt: skip
