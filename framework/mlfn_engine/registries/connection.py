"""One kept-alive connection to a registry, with credentials, patience and a limit to it."""

from __future__ import annotations

import http.client
import json
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from mlfn.errors import TargetError
from mlfn_engine.registries.token import bearer_token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TRIES = 4
TIMEOUT_S = 60.0
LATER = frozenset({429, 500, 502, 503, 504})
PATIENCE_S = 60.0
"""What a registry may ask us to wait at most, each time (Retry-After, RFC 9110)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Where a registry is and who we are there."""

    endpoint: str
    """`https://host[:port]`, or `http://` for one on this machine."""
    authorization: str | None = None
    """The Authorization header, `Basic …` or `Bearer …`."""
    timeout_s: float = TIMEOUT_S
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A registry's answer."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes
    broken: bool = False
    """There was none: the connection broke."""

    @property
    def location(self) -> str:
        """Where the upload goes on, as a path."""
        parts = urlsplit(self.headers.get("location", ""))
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    @property
    def error(self) -> str:
        """What the registry says is wrong."""
        try:
            first = json.loads(self.body)["errors"][0]
            return str(first.get("message") or first.get("code"))
        except (ValueError, LookupError, TypeError, AttributeError):
            return http.client.responses.get(self.status, "no reason given")


@dataclass(slots=True)
class RegistryConnection:
    """Requests to a registry, one after the other."""

    registry: Registry
    _http: http.client.HTTPConnection | None = field(default=None, init=False)
    _authorization: str | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._authorization = self.registry.authorization

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    @property
    def authorization(self) -> str | None:
        """The Authorization header that the registry took last."""
        return self._authorization

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b"", *, once: bool = False
    ) -> Answer:
        """The registry's answer, asked again after faults that pass; `once` leaves that to the caller.

        Raises:
            TargetError: the registry does not answer.
        """
        tries = 1 if once else TRIES
        for attempt in range(tries):
            answer = self._authorized(method, url, dict(headers or {}), body)
            if not (answer.broken or answer.status in LATER):
                return answer
            self.pause(answer.headers.get("retry-after"), attempt)
        if answer.broken and not once:
            raise TargetError(
                f"The registry {self.registry.endpoint} does not answer.",
                hint="Check that it runs (the emulator: mlfn emulator status) and that the network reaches it.",
            )
        return answer

    def pause(self, retry_after: str | None, attempt: int) -> None:
        """Wait as long as the registry asks for, else a little, longer after each failure."""
        spread_s = random.uniform(0.5, 1.0) * 0.2 * 2**attempt  # noqa: S311  spread, not secret
        asked_s = float(retry_after) if retry_after and retry_after.isdecimal() else 0.0
        self.registry.sleep(max(spread_s, min(asked_s, PATIENCE_S)))

    def _authorized(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        answer = self._sent(method, url, headers, body)
        challenge = answer.headers.get("www-authenticate", "")
        if answer.status == 401 and challenge.lower().startswith("bearer "):
            token = bearer_token(challenge, self.registry.authorization, self.registry.timeout_s)
            if token:
                self._authorization = f"Bearer {token}"
                return self._sent(method, url, headers, body)
        return answer

    def _sent(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        if self._authorization:
            headers = {**headers, "Authorization": self._authorization}
        try:
            connection = self._connected()
            connection.request(method, url, body=body or None, headers={"User-Agent": "mlfn", **headers})
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(status=response.status, headers=found, body=response.read())
        except (OSError, http.client.HTTPException) as error:
            self._close()
            return Answer(status=0, headers={}, body=str(error).encode(), broken=True)

    def _connected(self) -> http.client.HTTPConnection:
        if self._http is None:
            parts = urlsplit(self.registry.endpoint)
            kind = http.client.HTTPConnection if parts.scheme == "http" else http.client.HTTPSConnection
            self._http = kind(parts.hostname or "", parts.port, timeout=self.registry.timeout_s)
        return self._http

    def _close(self) -> None:
        if self._http is not None:
            self._http.close()
            self._http = None
