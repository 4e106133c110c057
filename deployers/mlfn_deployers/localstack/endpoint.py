"""What answers at an endpoint: its name, version and edition, as its health tells them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from mlfn.errors import TargetError

HEALTH = "/_localstack/health"
PATIENCE_S = 10
USABLE = frozenset({"available", "running", "initialized", "starting"})
_OWN = "/_ministack/health"
"""LocalStack does not have this path; MiniStack answers both alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A server that speaks LocalStack's protocol."""

    url: str
    server: str
    """`ministack`, `localstack`, `mlfn`."""
    version: str
    edition: str
    services: frozenset[str]
    """Those that can be used, in the endpoint's words."""
    checks_signatures: bool | None = None
    """None: its health does not tell."""

    @property
    def title(self) -> str:
        """What it is, for people."""
        known = {"ministack": "MiniStack", "localstack": "LocalStack"}
        return " ".join(part for part in (known.get(self.server, self.server), self.version, self.edition) if part)


def look_at(url: str) -> Endpoint:
    """Ask an endpoint what it is.

    Raises:
        TargetError: nothing answers there, or something else than LocalStack's protocol.
    """
    told = _asked(url, HEALTH)
    if told is None:
        raise TargetError(
            f"What answers at {url} does not speak LocalStack's protocol ({HEALTH} is not there).",
            hint="Set AWS_ENDPOINT_URL, or LOCALSTACK_HOST=host:port, to MiniStack's or LocalStack's address.",
        )
    return read_health(url, told, is_ministack=_asked(url, _OWN) is not None)


def read_health(url: str, told: dict[str, Any], *, is_ministack: bool) -> Endpoint:
    """An endpoint from its health."""
    services = {name for name, state in told.get("services", {}).items() if state in USABLE}
    auth = told.get("auth")
    return Endpoint(
        url=url,
        server="ministack" if is_ministack else str(told.get("server", "localstack")),
        version=str(told.get("version", "")),
        edition=str(told.get("edition", "")),
        services=frozenset(services),
        checks_signatures=None if auth is None else auth == "enabled",
    )


def _asked(url: str, path: str) -> dict[str, Any] | None:
    try:
        with urllib.request.urlopen(url.rstrip("/") + path, timeout=PATIENCE_S) as answer:  # noqa: S310 - the user's own endpoint
            told = json.load(answer)
    except urllib.error.HTTPError:
        return None
    except ValueError:
        return None
    except OSError as error:
        raise TargetError(
            f"Nothing answers at {url}.",
            hint="Start MiniStack or LocalStack, or set AWS_ENDPOINT_URL or LOCALSTACK_HOST to where it is.",
        ) from error
    return told if isinstance(told, dict) and "services" in told else None
