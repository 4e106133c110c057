"""Registry passwords: who asked for one and until when it is good, sealed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mlfn_localstack.credentials import ensure_credentials
from mlfn_localstack.service import Caller, Session

if TYPE_CHECKING:
    from mlfn_localstack.service import Environment

LIFETIME_S = 43_200
"""Twelve hours, as in ECR."""


class Passwords:
    """Makes and checks the passwords of the user `AWS`."""

    def __init__(self, environment: Environment) -> None:
        root = ensure_credentials(
            environment.state_dir,
            endpoint=environment.endpoint,
            region=environment.region,
            account_id=environment.account_id,
        )
        self._secret = hmac.new(root.secret_key.encode(), b"registry passwords", hashlib.sha256).digest()

    def issue(self, caller: Caller) -> tuple[str, float]:
        """A password for a caller, and when it ends."""
        ends = time.time() + LIFETIME_S
        payload = base64.urlsafe_b64encode(json.dumps({"caller": asdict(caller), "ends": ends}).encode()).decode()
        return f"{payload}.{self._seal(payload)}", ends

    def caller(self, authorization: str) -> Caller | None:
        """Who is behind a Basic Authorization header, or None if it does not hold."""
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
        payload, _, seal = password.rpartition(".")
        if user != "AWS" or not hmac.compare_digest(self._seal(payload).encode(), seal.encode()):
            return None
        claims = json.loads(base64.urlsafe_b64decode(payload))
        return _caller(claims["caller"]) if claims.get("ends", 0) > time.time() else None

    def _seal(self, payload: str) -> str:
        return hmac.new(self._secret, payload.encode(), hashlib.sha256).hexdigest()


def _caller(told: dict[str, Any]) -> Caller:
    """What a password says of whom it was issued to: a session's policies narrow what is done with it, too."""
    session = told.pop("session")
    if session is None:
        return Caller(**told)
    kept = Session(
        issued_at=session["issued_at"],
        policies=tuple(session["policies"]),
        tags=tuple((key, value) for key, value in session["tags"]),
        transitive=tuple(session["transitive"]),
        source_identity=session["source_identity"],
    )
    return Caller(**told, session=kept)
