"""Download one blob into a file: redirects followed, broken connections taken up again, nothing believed unverified."""

from __future__ import annotations

import errno
import hashlib
import http.client
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from mlfn.errors import TargetError
from mlfn_engine.registries.connection import LATER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlfn_engine.registries.connection import RegistryConnection

ATTEMPTS = 5
PIECE = 1 << 20
_REDIRECTS = 5
_REDIRECT = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobDownload:
    """The download of a blob of a repository."""

    connection: RegistryConnection
    repository: str
    digest: str
    size: int
    progress: Callable[[int], None]

    def run(self, target: IO[bytes]) -> None:
        """Write the blob; a connection that breaks is taken up where it broke off.

        Raises:
            TargetError: the registry refuses, keeps breaking off, or serves something else.
        """
        found = hashlib.sha256()
        got = 0
        for attempt in range(ATTEMPTS):
            got = self._continued(attempt, got, target, found.update)
            if got >= self.size:
                break
        if got < self.size:
            raise TargetError(
                f"The registry {self._endpoint} broke off {ATTEMPTS} times in {self.digest[:19]}….",
                hint="Try again: layers that have been fetched whole are kept.",
            )
        if got > self.size or f"sha256:{found.hexdigest()}" != self.digest:
            raise served_something_else(self._endpoint, self.digest)

    @property
    def _endpoint(self) -> str:
        return self.connection.registry.endpoint

    def _continued(self, attempt: int, offset: int, target: IO[bytes], digested: Callable[[bytes], None]) -> int:
        """How much of the blob is here after one more connection."""
        try:
            with self._answer(offset) as answer:
                if answer.status not in ({200, 206} if offset else {200}):
                    self._refused(answer.status)
                    if answer.status in LATER:
                        self.connection.pause(answer.headers.get("Retry-After"), attempt)
                    return offset
                if answer.status == 200:  # with the whole blob, although only its end was asked for
                    _skip(answer, offset)
                while offset <= self.size and (piece := answer.read(PIECE)):
                    target.write(piece)
                    digested(piece)
                    offset += len(piece)
                    self.progress(offset)
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                raise
        return offset

    def _refused(self, status: int) -> None:
        """Get a new token where the old one is too old; give up where trying again is of no use."""
        if status == 401:
            status = self.connection.request("HEAD", self._path).status
        if status in {401, 403}:
            raise TargetError(
                f"The registry {self._endpoint} does not let you read {self.repository!r} (HTTP {status}).",
                hint="Log in with docker, podman or skopeo login: mlfn reads the credentials they keep.",
            )
        if status == 404:
            raise TargetError(
                f"The registry {self._endpoint} has lost a layer of {self.repository!r}, {self.digest[:19]}….",
                hint="Push the image there again, or take another.",
            )

    @property
    def _path(self) -> str:
        return f"/v2/{self.repository}/blobs/{self.digest}"

    @contextmanager
    def _answer(self, offset: int) -> Iterator[http.client.HTTPResponse]:
        url = urljoin(self._endpoint, self._path)
        headers = {"User-Agent": "mlfn", **({"Range": f"bytes={offset}-"} if offset else {})}
        for _ in range(_REDIRECTS):
            authorization = self.connection.authorization if same_host(url, self._endpoint) else None
            own = {"Authorization": authorization} if authorization else {}
            with _got(url, {**headers, **own}, self.connection.registry.timeout_s) as answer:
                if answer.status not in _REDIRECT:
                    yield answer
                    return
                url = redirected(url, answer.headers.get("Location", ""))
        raise TargetError(
            f"The registry {self._endpoint} redirects a download {_REDIRECTS} times.",
            hint="Ask its operator where its layers are.",
        )


def _skip(answer: http.client.HTTPResponse, count: int) -> None:
    while count > 0 and (piece := answer.read(min(count, PIECE))):
        count -= len(piece)


@contextmanager
def _got(url: str, headers: dict[str, str], timeout_s: float) -> Iterator[http.client.HTTPResponse]:
    parts = urlsplit(url)
    kind = http.client.HTTPConnection if parts.scheme == "http" else http.client.HTTPSConnection
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    with closing(kind(parts.hostname or "", parts.port, timeout=timeout_s)) as connection:
        connection.request("GET", target, headers=headers)
        with connection.getresponse() as answer:
            yield answer


def same_host(url: str, other: str) -> bool:
    """Whether credentials for one may go to the other."""
    one, two = urlsplit(url), urlsplit(other)
    return (one.scheme, one.netloc) == (two.scheme, two.netloc)


def redirected(base: str, location: str) -> str:
    """Where a redirect leads.

    Raises:
        TargetError: out of https into the clear.
    """
    url = urljoin(base, location)
    if urlsplit(url).scheme not in {"http", "https"} or (base.startswith("https:") and not url.startswith("https:")):
        raise TargetError(
            f"The registry redirects a download to {urlsplit(url).scheme or 'nowhere'}, which mlfn does not follow.",
            hint="Ask its operator for https storage.",
        )
    return url


def served_something_else(endpoint: str, digest: str) -> TargetError:
    """The error of content that is not what its digest promises."""
    return TargetError(
        f"The registry {endpoint} served something else than {digest[:19]}….",
        hint="Something between here and the registry changes data, or the registry is damaged; do not use the image.",
    )
