"""A direct caller's proof, checked against the issuers' keys that lie in the data bucket."""

from __future__ import annotations

from os import environ
from time import monotonic, time

from mlfn.errors import DataError
from mlfn.jsontext import decode
from mlfn.runtime.refusal import NO_KEYS, PROOF, Refusal
from mlfn.runtime.rs256 import public_key
from mlfn.runtime.s3 import get_object
from mlfn.runtime.web_identity import ProofError, proven_subject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mlfn.runtime.rs256 import PublicKey

    Keys = dict[tuple[str, str], PublicKey]

ISSUERS_KEY = "mlfn/issuers.json"
"""Where the keys are in the data bucket."""
FRESH_S = 3_600.0
"""How long keys are used before they are read again."""
RETRY_S = 60.0
"""How long an unknown key is not asked for again: whoever makes one up must not make every call slow."""
TIMEOUT_S = 2.0


class IssuerKeys:
    """The keys of known issuers, read when the first proof comes and again when they are old or lack one."""

    def __init__(self, read: Callable[[], bytes], clock: Callable[[], float] = monotonic) -> None:
        self._read = read
        self._clock = clock
        self._keys: Keys | None = None
        self._read_at = self._tried_at = -FRESH_S

    def find(self, issuer: str, kid: str) -> PublicKey | None:
        """The key of an issuer by its id, or None.

        Raises:
            DataError: no keys have ever been read.
        """
        now = self._clock()
        known = self._keys or {}
        stale = now - self._read_at > FRESH_S or (issuer, kid) not in known
        if self._keys is None or (stale and now - self._tried_at > RETRY_S):
            known = self._refreshed(now)
        return known.get((issuer, kid))

    def _refreshed(self, now: float) -> Keys:
        self._tried_at = now
        try:
            self._keys = issuer_keys(self._read())
            self._read_at = now
        except DataError:
            if self._keys is None:
                raise
        return self._keys


def issuer_keys(document: bytes) -> Keys:
    """The usable keys in what a deploy has stored, by issuer and key id.

    Raises:
        DataError: it is not what a deploy stores.
    """
    try:
        issuers = decode(document.decode())["issuers"]
        found = [(str(each["issuer"]), str(jwk["kid"]), public_key(jwk)) for each in issuers for jwk in each["keys"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{ISSUERS_KEY} is damaged: {error}.", hint="Deploy again.") from error
    return {(issuer, kid): key for issuer, kid, key in found if key is not None}


def check_proof(proof: Any, invoked_arn: str) -> str:
    """Who a proof's bearer is; its audience is the function, without alias or version.

    Raises:
        Refusal: it proves nothing, or cannot be checked now.
    """
    audience = ":".join(invoked_arn.split(":")[:7])
    try:
        return proven_subject(proof, audience, _known.find, time())
    except ProofError as error:
        raise Refusal(PROOF, f"The proof of identity is refused: {error}.", status=403) from None
    except DataError as error:
        message = f"The proof of identity cannot be checked now: {error.message}"
        raise Refusal(NO_KEYS, message, status=503) from None


def _stored() -> bytes:
    return get_object(environ.get("MLFN_DATA_BUCKET", ""), ISSUERS_KEY, None, environ, timeout_s=TIMEOUT_S).body


_known = IssuerKeys(_stored)
