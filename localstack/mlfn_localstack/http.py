"""Requests and answers, free of any server: what routes and the authenticator work on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledBody:
    """A body too large for memory, in a file that its receiver may move away."""

    path: Path
    size: int
    sha256: str | None
    """None: not known yet, since what came is not the content but its chunks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSlice:
    """Bytes of a file, to be sent without reading them into memory."""

    path: Path
    offset: int
    length: int
    opened: BinaryIO | None = field(default=None, repr=False, compare=False)
    """The file, where it may be gone from its place before it is sent."""

    def open(self) -> BinaryIO:
        """The file, to be closed by who asks for it."""
        return self.opened or self.path.open("rb")

    def read(self, limit: int | None = None) -> bytes:
        """Its bytes in memory, or so many of them at most; that closes it."""
        with self.open() as file:
            file.seek(self.offset)
            return file.read(self.length if limit is None else min(self.length, limit))

    def pieces(self) -> Iterator[bytes]:
        """Its bytes, a piece at a time; the last one closes it."""
        left = self.length
        with self.open() as file:
            file.seek(self.offset)
            while piece := file.read(min(left, _PIECE_BYTES)):
                left -= len(piece)
                yield piece

    def close(self) -> None:
        """Let go of a file that is not sent."""
        if self.opened is not None:
            self.opened.close()


class Peer(Protocol):
    """The client at the other end of a connection."""

    is_gone: bool
    """Whether it has hung up."""


@dataclass(slots=True, kw_only=True)
class HttpRequest:
    """A request as it came: nothing decoded, nothing normalised (signatures are over the raw form).

    Not to be changed; only that `frozen` triples what making one takes.
    """

    method: str
    raw_path: str
    """Still percent-encoded, without the query."""
    raw_query: str
    headers: tuple[tuple[str, str], ...]
    """Names in lower case, in the order received."""
    body: bytes
    client: str
    """The peer's IP address."""
    spooled: SpooledBody | None = None
    """The body when it is too large for memory (uploads to S3 and to the registry); `body` is empty then."""
    peer: Peer | None = field(default=None, repr=False, compare=False)
    """Who is answered, for what waits long enough that it may matter whether anybody still is."""
    fields: dict[str, str] = field(init=False, repr=False, compare=False)
    """The first value of each header, by its lower-case name."""
    known_fields: InitVar[dict[str, str] | None] = None
    """`fields`, where whoever makes the request has them."""

    def __post_init__(self, known_fields: dict[str, str] | None) -> None:
        """Make `fields` once: a request is asked for them ten times."""
        self.fields = dict(reversed(self.headers)) if known_fields is None else known_fields

    def header(self, name: str) -> str | None:
        """The first value of a header, by its lower-case name."""
        return self.fields.get(name)


class HttpResponse(NamedTuple):
    """An answer: the server adds Content-Length, Date and Connection."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    file: FileSlice | None = None
    """Sent instead of `body`."""


class Ready(NamedTuple):
    """An answer that is made, and may leave once what it says is true: no task has to wait for that."""

    response: HttpResponse
    when_true: Callable[[Callable[[Exception | None], None]], None]
    """Calls back when the answer may leave, or with what keeps it from being true."""

    def __await__(self) -> Generator[Any, None, HttpResponse]:
        """The answer, once it may leave; for who waits in a task."""
        true: asyncio.Future[HttpResponse] = asyncio.get_running_loop().create_future()

        def settle(failure: Exception | None) -> None:
            if true.done():
                return
            if failure is None:
                true.set_result(self.response)
            else:
                true.set_exception(failure)

        self.when_true(settle)
        return true.__await__()


def ready_now(response: HttpResponse) -> Ready:
    """An answer that says nothing that has yet to become true."""
    return Ready(response, lambda tell: tell(None))


FAILED = HttpResponse(status=500, body=b'{"message":"Internal server error"}')
"""What clients are told of a mistake of ours."""

Handler = Callable[[HttpRequest], Awaitable[HttpResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Requests whose path starts with `prefix`, or whose Host matches `host_pattern`, go to `handler` unchecked."""

    handler: Handler
    prefix: str | None = None
    signing_name: str | None = None
    """Requests to `prefix` that are signed for this API of AWS are the handler's, too; others are the API's."""
    host_pattern: str | None = None
    """A regular expression, matched in full against the Host header without its port."""
