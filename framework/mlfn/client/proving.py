"""Proofs for direct calls: a web identity token per function, kept until shortly before it expires."""

from __future__ import annotations

import base64
import json
import time
import warnings
from typing import TYPE_CHECKING

from mlfn.client.credentials import moment
from mlfn.client.queries import QueryError, ask, text_of
from mlfn.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn.client.sending import Sender

LARGEST_CONTEXT = 3_583
"""Bytes of base64: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""
LIFE_S = 300
RENEW_BEFORE_S = 60
RETRY_S = 300.0
"""How long STS is not asked again once it has refused."""


class Prover:
    """Gets tokens from STS; `required` makes it an error to get none."""

    def __init__(self, sender: Sender, *, required: bool, clock: Callable[[], float] = time.time) -> None:
        self._sender = sender
        self._required = required
        self._clock = clock
        self._tokens: dict[str, tuple[str, float]] = {}
        self._refused_at = -RETRY_S

    def proof(self, audience: str) -> str | None:
        """A token for an audience; None, and a warning once, where STS gives none.

        Raises:
            TargetError: it is required and STS gives none.
        """
        now = self._clock()
        token, expires_at = self._tokens.get(audience, ("", 0.0))
        if expires_at - RENEW_BEFORE_S > now:
            return token
        if not self._required and now - self._refused_at < RETRY_S:
            return None
        try:
            token, expires_at = self._ask(audience)
        except TargetError as error:
            self._do_without(error, now)
            return None
        self._tokens[audience] = token, expires_at
        return token

    def _ask(self, audience: str) -> tuple[str, float]:
        answer = ask(
            self._sender,
            "sts",
            "GetWebIdentityToken",
            **{"Audience.member.1": audience, "SigningAlgorithm": "RS256", "DurationSeconds": str(LIFE_S)},
        )
        return text_of(answer, "WebIdentityToken"), moment(text_of(answer, "Expiration"))

    def _do_without(self, error: TargetError, now: float) -> None:
        if self._required:
            disabled = isinstance(error, QueryError) and error.code.startswith("OutboundWebIdentityFederationDisabled")
            hint = "Run: aws iam enable-outbound-web-identity-federation" if disabled else error.hint
            raise TargetError(error.message, hint=hint) from error
        if self._refused_at < 0:
            text = f"Calls are recorded as claimed, not proven: {error.message}"
            warnings.warn(text, RuntimeWarning, stacklevel=5)
        self._refused_at = now


def own_account(sender: Sender) -> str:
    """The account of the credentials in use."""
    return text_of(ask(sender, "sts", "GetCallerIdentity"), "Account")


def function_arn(region: str, account: str, function: str) -> str:
    """A function without alias or version: the audience of proofs."""
    partition = {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rpartition("-")[0].rpartition("-")[0], "aws")
    return f"arn:{partition}:lambda:{region}:{account}:function:{function}"


def calling_context(token: str | None) -> str:
    """The client context of a direct call: its proof, and that answers may lie elsewhere.

    Raises:
        TargetError: Lambda takes none that is so long.
    """
    proof = {} if token is None else {"proof": token}
    context = _context({"answers": "kept", **proof})
    if len(context) > LARGEST_CONTEXT:
        context = _context(proof)
    if len(context) > LARGEST_CONTEXT:
        raise TargetError(
            f"The proof takes {len(context)} bytes; a client context has room for {LARGEST_CONTEXT}.",
            hint="Put fewer tags on the principal, or pass prove=False.",
        )
    return context.decode()


def _context(custom: Mapping[str, str]) -> bytes:
    return base64.b64encode(json.dumps({"custom": custom}, separators=(",", ":")).encode())
