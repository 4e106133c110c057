"""What a service of the emulator is: a name, a table of operations, and how it may call its neighbours.

Every operation takes and returns the shapes that boto3 documents for it (`PutItem` gets `{"TableName": …, "Item": …}`),
whatever the wire protocol: parsing, signatures and serialising happen in front of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from mlfn_localstack.http import HttpRequest, Peer, Route
    from mlfn_localstack.store import Store

Params = dict[str, Any]
Result = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What temporary credentials say beside whose they are."""

    issued_at: int
    policies: tuple[str, ...] = ()
    """Session policies: texts, and ARNs of managed ones; empty: there are none, and nothing is narrowed."""
    tags: tuple[tuple[str, str], ...] = ()
    transitive: tuple[str, ...] = ()
    """Keys of those tags that go on to the next role."""
    source_identity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who signed a request, as the emulator verified it."""

    arn: str
    account_id: str
    user_id: str
    access_key: str
    session: Session | None = None
    """None for long-lived credentials, and for services."""


def caller_of(principal: str | Caller, account_id: str) -> Caller:
    """The caller that an ARN, or a service's name, stands for."""
    if isinstance(principal, Caller):
        return principal
    return Caller(arn=principal, account_id=account_id, user_id=principal, access_key="")


class RequestContext(NamedTuple):
    """What an operation may know of the request beside its parameters."""

    service: str
    operation: str
    region: str
    account_id: str
    caller: Caller
    request_id: str
    endpoint: str
    """The URL under which the client reached the emulator, such as http://127.0.0.1:4566."""
    source_arn: str = ""
    """For a service as caller: the resource on whose behalf it calls (`aws:SourceArn` of resource policies)."""
    source_ip: str = ""
    """The client's address; empty for neighbours."""
    fields: Mapping[str, str] = MappingProxyType({})
    """The request's headers, by lower-case names; none for neighbours."""
    peer: Peer | None = None
    """The client's connection; None for neighbours."""

    @property
    def user_agent(self) -> str:
        """What the client calls itself."""
        return self.fields.get("user-agent", "")

    @property
    def trace(self) -> str:
        """What X-Ray knows the request by, if the client said so."""
        return self.fields.get("x-amzn-trace-id", "")

    def is_client_gone(self) -> bool:
        """Whether nobody is there any more to be answered."""
        return self.peer is not None and self.peer.is_gone


Operation = Callable[[RequestContext, Params], Awaitable[Result]]


class Immediate:
    """An operation that never waits: who calls it from outside a task has its result at once."""

    __slots__ = ("now",)

    def __init__(self, now: Callable[[Params], Result]) -> None:
        self.now = now

    async def __call__(self, _: RequestContext, params: Params) -> Result:
        """The result, as that of any other operation."""
        return self.now(params)


class ServiceError(Exception):
    """An error as the service would answer it: its code, message and HTTP status; `fields` are members beside them."""

    def __init__(self, code: str, message: str, *, status: int = 400, fields: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields: dict[str, Any] = dict(fields or {})


def unsupported(service: str, operation: str) -> ServiceError:
    """AWS has the operation, the emulator does not."""
    return ServiceError("UnsupportedOperation", f"The emulator does not support {service}:{operation}.", status=501)


CallWatcher = Callable[[RequestContext, Params, Result | None, ServiceError | None], None]
"""Told of a call and what came of it, before its answer leaves; must neither fail nor wait."""


class Service(Protocol):
    """One AWS service."""

    name: str
    """botocore's name for it, such as `stepfunctions`."""

    def operations(self) -> Mapping[str, Operation]:
        """Every supported operation by its API name; any other is refused as unsupported, by name."""

    def routes(self) -> Sequence[Route]:
        """Requests this service answers itself, outside the wire protocols; usually none."""

    async def start(self) -> None:
        """Pick up what was under way when the emulator last stopped."""

    async def stop(self) -> None:
        """Let go of processes and timers; state is already durable."""


class Gateway(Protocol):
    """How one service calls another: through the same operations a client would use."""

    async def call(
        self,
        service: str,
        operation: str,
        params: Params,
        *,
        principal: str | Caller,
        source_arn: str = "",
        durable: bool = True,
    ) -> Result:
        """The answer of `operation` called as `principal`: a role's ARN, or a service such as `states.amazonaws.com`.

        Who is called for right now is given whole: a session's policies narrow what is done in its name, too.
        `source_arn` is the resource on whose behalf a service calls. Without `durable` what was written joins the open
        transaction: for who acknowledges nothing before a commit of its own.

        Raises:
            ServiceError: as that service would answer.
        """


class Authenticator(Protocol):
    """Knows who signed a request."""

    def authenticate(self, request: HttpRequest, service: str) -> Caller:
        """The verified signer of `request` for the signing name `service` (such as `execute-api`).

        Raises:
            ServiceError: 403, as AWS words it, if the request is unsigned or the signature does not hold.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What every service is built from."""

    store: Store
    gateway: Gateway
    authenticator: Authenticator
    state_dir: Path
    """For files: content-addressed blobs are at `state_dir/blobs/sha256/<hex>`, for whichever service wrote them."""
    account_id: str = "000000000000"
    region: str = "us-east-1"
    endpoint: str = "http://127.0.0.1:4566"
    options: Mapping[str, str] = field(default_factory=dict)
    connected: Callable[[], asyncio.BaseProtocol] | None = None
    """Answers one connection as the emulator's server does, for services that listen where the server cannot."""
    health: dict[str, object] = field(default_factory=dict)
    """What services add to the emulator's health answer."""
    log_sources: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    """What has lines for CloudWatch Logs on their way; each returns once those taken so far are there."""
    watchers: list[CallWatcher] = field(default_factory=list)
    """Told of every call; while there are none, calls pay nothing for it."""
