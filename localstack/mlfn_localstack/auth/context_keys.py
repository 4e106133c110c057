"""The condition keys that every request has.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.principals import Principal, PrincipalKind
from mlfn_localstack.auth.resource_tags import PREFIX

if TYPE_CHECKING:
    from mlfn_localstack.service import Caller, RequestContext, Session

Keys = dict[str, tuple[str, ...]]
_NOBODYS = {
    "aws:principaltype": ("Anonymous",),
    "aws:principalisawsservice": ("false",),
    "aws:securetransport": ("true",),
    "aws:userid": ("anonymous",),
}
"""Of a request that nobody signed."""
_NOW = ("aws:currenttime", "aws:epochtime")


class ContextKeys(Mapping[str, tuple[str, ...]]):
    """Values by key in lower case; the time and the resource's tags are looked up when a policy asks for them."""

    __slots__ = ("_keys", "_tags")

    def __init__(self, keys: Keys, tags: Callable[[], Mapping[str, str]] = dict) -> None:
        self._keys = keys
        self._tags = tags

    def get(self, key: str, default: Any = None) -> Any:
        """The values of a key."""
        found = self._keys.get(key)
        if found is None:
            found = self._late(key)
        return default if found is None else found

    def _late(self, key: str) -> tuple[str, ...] | None:
        if key in _NOW:
            now = datetime.now(UTC)
            return (_iso(now) if key == "aws:currenttime" else str(int(now.timestamp())),)
        if key.startswith(PREFIX):
            return next(((value,) for name, value in self._tags().items() if f"{PREFIX}{name}".lower() == key), None)
        return None

    def __getitem__(self, key: str) -> tuple[str, ...]:
        found: tuple[str, ...] | None = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        yield from self._keys
        yield from _NOW

    def __len__(self) -> int:
        return len(self._keys) + len(_NOW)


def context_keys(context: RequestContext, principal: Principal, identity: dict[str, Any] | None) -> Keys:
    """What is known of a request whatever it asks."""
    keys = caller_keys(context.caller, principal, identity)
    keys["aws:requestedregion"] = (context.region,)
    keys["aws:resourceaccount"] = (context.account_id,)
    if context.source_ip:
        keys["aws:sourceip"] = (context.source_ip,)
        keys["aws:viaawsservice"] = ("false",)
    if agent := context.user_agent:
        keys["aws:useragent"] = (agent,)
    return keys


def caller_keys(caller: Caller, principal: Principal, identity: dict[str, Any] | None) -> Keys:
    """What is known of who calls; a session's tags come before its role's."""
    if principal.kind is PrincipalKind.ANONYMOUS:
        return dict(_NOBODYS)
    keys: Keys = {
        "aws:principalaccount": (caller.account_id,),
        "aws:principalarn": (identity["Arn"] if identity else caller.arn,),
        "aws:principaltype": ("User" if principal.kind is PrincipalKind.USER else "AssumedRole",),
        "aws:principalisawsservice": ("false",),
        # Loopback stands for the TLS that SDKs use on AWS: buckets that refuse plain HTTP must work here, too.
        "aws:securetransport": ("true",),
        "aws:userid": (caller.user_id,),
    }
    if principal.kind is PrincipalKind.USER:
        keys["aws:username"] = (principal.name,)
    for tag in (identity or {}).get("Tags", ()):
        keys[f"aws:principaltag/{tag['Key']}".lower()] = (tag["Value"],)
    if caller.session is not None:
        keys |= _session_keys(caller.session)
    return keys


def _session_keys(session: Session) -> Keys:
    keys: Keys = {f"aws:principaltag/{key}".lower(): (value,) for key, value in session.tags}
    keys["aws:multifactorauthpresent"] = ("false",)
    keys["aws:tokenissuetime"] = (_iso(datetime.fromtimestamp(session.issued_at, UTC)),)
    if session.source_identity:
        keys["aws:sourceidentity"] = (session.source_identity,)
    return keys


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
