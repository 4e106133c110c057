"""Signed requests to AWS: which endpoint, whose signature, what is tried again."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from mlfn.client.transport import Sent, Transport, UnansweredError, UnsentError
from mlfn.errors import TargetError
from mlfn.runtime.aws import endpoint_url
from mlfn.runtime.sigv4 import Request, sign

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn.client.credentials import Wallet
    from mlfn.client.profile import Profile
    from mlfn.client.transport import Received

PAUSES_S = (0.1, 0.4, 1.6)
"""At most, before each further try; what is waited is drawn below it, so that callers do not come back together."""
THROTTLED = 429
"""Refused before anything ran."""
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is asked of a service."""

    method: str
    path: str
    """As it is sent: percent-encoded."""
    query: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = False
    """Asking twice changes nothing, so that it is asked again when no answer comes."""


class Sender:
    """Sends to the services of one region, signed."""

    def __init__(
        self, profile: Profile, wallet: Wallet, region: str, *, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._profile = profile
        self._wallet = wallet
        self.region = region
        self._pause = pause
        self._transports: dict[str, Transport] = {}

    def send(self, service: str, message: Message, *, timeout_s: float, url: str | None = None) -> Received:
        """The answer of a service, or of a `url` that is signed for it.

        Raises:
            UnsentError: it cannot be reached.
            UnansweredError: it may have been reached.
        """
        transport = self._transport(url or self.endpoint(service))
        for pause_s in (*PAUSES_S, None):
            try:
                answer = transport.exchange(self._signed(service, message, transport), timeout_s=timeout_s)
            except UnsentError:
                if pause_s is None:
                    raise
            except UnansweredError:
                if pause_s is None or not message.repeatable:
                    raise
            else:
                again = answer.status == THROTTLED or (message.repeatable and answer.status >= _SERVER_ERROR)
                if pause_s is None or not again:
                    return answer
            self._pause(random.uniform(0, pause_s))  # noqa: S311 - it spreads callers, it hides nothing
        raise AssertionError  # the last round returns or raises

    def endpoint(self, service: str) -> str:
        """Where a service is: what the environment says, what the profile says, or AWS."""
        given = endpoint_url(service, self._profile.environ) or self._profile.get("endpoint_url")
        suffix = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return given or f"https://{service}.{self.region}.{suffix}"

    def close(self) -> None:
        """Hang up."""
        for transport in self._transports.values():
            transport.close()

    def _transport(self, url: str) -> Transport:
        if (known := self._transports.get(url)) is None:
            bundle = self._profile.environ.get("AWS_CA_BUNDLE")
            known = self._transports.setdefault(url, Transport(url, ca_bundle=bundle))
        return known

    def _signed(self, service: str, message: Message, transport: Transport) -> Sent:
        headers = {"host": transport.authority, **message.headers}
        path = quote(message.path, safe="/~")  # every service but S3 signs the path encoded once more
        request = Request(message.method, path, message.query, headers, message.body)
        sign(request, self._wallet.current(), service=service, region=self.region, now_s=time.time())
        target = f"{message.path}?{message.query}" if message.query else message.path
        return Sent(method=message.method, target=target, headers=headers, body=message.body)


def region_of(profile: Profile) -> str:
    """The region that environment or profile name.

    Raises:
        TargetError: neither does.
    """
    environ = profile.environ
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or profile.get("region")
    if not region:
        raise TargetError("No AWS region is set.", hint="Set AWS_REGION, or a region in your AWS profile.")
    return region
