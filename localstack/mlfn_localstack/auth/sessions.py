"""Temporary credentials: everything about a session is sealed in its token, so nothing has to be stored."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.sigv4 import Credential
from mlfn_localstack.credentials import new_access_key
from mlfn_localstack.service import Caller, Session

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_OPENED = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCredentials:
    """What STS hands out."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(repr=False)
    expires_at: int


class Sessions:
    """Issues and opens session tokens under one secret."""

    def __init__(self, secret: bytes, account_id: str, *, clock: Callable[[], float] = time.time) -> None:
        self._secret = hmac.new(secret, b"session tokens", hashlib.sha256).digest()
        self._account_id = account_id
        self._clock = clock
        self._opened: dict[str, tuple[str, Credential]] = {}

    def now(self) -> int:
        """The time that sessions are issued at."""
        return int(self._clock())

    def issue(self, arn: str, user_id: str, duration_s: int, session: Session | None = None) -> SessionCredentials:
        """Credentials that act as `arn` for `duration_s` seconds, as far as the session's policies let them."""
        access_key = new_access_key("ASIA")
        now = self.now()
        expires_at = now + duration_s
        told = asdict(session or Session(issued_at=now))
        claims = {"k": access_key, "a": arn, "u": user_id, "e": expires_at, "n": secrets.token_hex(8)}
        claims["s"] = {name: value for name, value in told.items() if value}
        payload = base64.b64encode(json.dumps(claims, separators=(",", ":")).encode()).decode()
        token = f"{payload}.{self._seal(payload)}"
        return SessionCredentials(
            access_key=access_key, secret_key=self._secret_key(payload), token=token, expires_at=expires_at
        )

    def open(self, access_key: str, token: str) -> Credential | None:
        """The session in `token`, if it is ours and belongs to that access key."""
        known = self._opened.get(token)
        if known is None:
            known = self._unseal(token)
            if known is None:
                return None
            if len(self._opened) >= _MAX_OPENED:
                self._opened.clear()
            self._opened[token] = known
        return known[1] if known[0] == access_key else None

    def _unseal(self, token: str) -> tuple[str, Credential] | None:
        payload, _, seal = token.rpartition(".")
        if not hmac.compare_digest(self._seal(payload).encode(), seal.encode("utf-8", "replace")):
            return None
        try:
            claims = json.loads(base64.b64decode(payload))
        except (binascii.Error, ValueError):
            return None
        caller = Caller(
            arn=claims["a"],
            account_id=self._account_id,
            user_id=claims["u"],
            access_key=claims["k"],
            session=_session(claims.get("s", {})),
        )
        credential = Credential(
            secret_key=self._secret_key(payload), caller=caller, token=token, expires_at=float(claims["e"])
        )
        return claims["k"], credential

    def _seal(self, payload: str) -> str:
        digest = hmac.new(self._secret, b"seal " + payload.encode("utf-8", "replace"), hashlib.sha256).digest()
        return base64.b64encode(digest).decode()

    def _secret_key(self, payload: str) -> str:
        digest = hmac.new(self._secret, b"secret key " + payload.encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode()[:40]


def _session(told: dict[str, Any]) -> Session:
    return Session(
        issued_at=told.get("issued_at", 0),
        policies=tuple(told.get("policies", ())),
        tags=tuple((key, value) for key, value in told.get("tags", ())),
        transitive=tuple(told.get("transitive", ())),
        source_identity=told.get("source_identity", ""),
    )
