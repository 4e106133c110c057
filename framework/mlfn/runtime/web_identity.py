"""Direct callers that prove who they are: a web identity token of STS, checked without asking anybody.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html
"""

from __future__ import annotations

from mlfn.jsontext import decoder
from mlfn.runtime.rs256 import is_signed, strict_base64url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mlfn.runtime.rs256 import PublicKey

    FindKey = Callable[[str, str], PublicKey | None]
    """The key of an issuer by its id, or None."""

LARGEST_TOKEN = 3_584
"""Characters; a client context has room for no more."""
LARGEST_HEADER = 512
LONGEST_LIFE_S = 3_600
"""What STS gives at most."""
SKEW_S = 30
"""How far the clocks of STS and a function may be apart."""


class ProofError(Exception):
    """A proof that proves nothing; the text says why, without anything of the token."""


def proven_subject(token: Any, audience: str, find_key: FindKey, now_s: float) -> str:
    """Who a token proves its bearer to be.

    Raises:
        ProofError: it is no token of a known issuer for this audience, now.
    """
    header, claims, signed, signature = _parts(token)
    if header.get("alg") != "RS256":
        raise ProofError("it is not signed with RS256")
    if header.get("typ", "JWT") != "JWT" or "crit" in header or "b64" in header:
        raise ProofError("its header asks for what is not supported")
    issuer, kid = claims.get("iss"), header.get("kid")
    if not isinstance(issuer, str) or not isinstance(kid, str):
        raise ProofError("it names no issuer or no key")
    _check_audience(claims, audience)
    _check_times(claims, now_s)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise ProofError("it names no subject")
    key = find_key(issuer, kid)
    if key is None:
        raise ProofError("its issuer or key is not known here")
    if not is_signed(signed, signature, key):
        raise ProofError("its signature is not its issuer's")
    return subject if subject.startswith("arn:") else f"{issuer}|{subject}"


def _parts(token: Any) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    """Header, claims, what was signed, and the signature."""
    if not isinstance(token, str) or len(token) > LARGEST_TOKEN or not token.isascii():
        raise ProofError(f"it is not a token of at most {LARGEST_TOKEN} characters")
    parts = token.split(".")
    if len(parts) != 3 or len(parts[0]) > LARGEST_HEADER:
        raise ProofError("it is not a signed token in compact form")
    try:
        header, claims = [_decode(strict_base64url(part).decode()) for part in parts[:2]]
        signature = strict_base64url(parts[2])
    except (ValueError, RecursionError):
        raise ProofError("it is not a signed token in compact form") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise ProofError("it is not a signed token in compact form")
    return header, claims, token.rpartition(".")[0].encode(), signature


def _check_audience(claims: dict[str, Any], audience: str) -> None:
    """A token for others as well is one that they could send here: it is for this function alone, or refused."""
    if claims.get("aud") not in (audience, [audience]):
        raise ProofError(f"its audience is not {audience} alone")


def _check_times(claims: dict[str, Any], now_s: float) -> None:
    issued, expires = _moment(claims, "iat"), _moment(claims, "exp")
    begins = _moment(claims, "nbf") if "nbf" in claims else issued
    if now_s >= expires:
        raise ProofError("it has expired")
    if max(issued, begins) > now_s + SKEW_S:
        raise ProofError("it is from the future")
    if expires - issued > LONGEST_LIFE_S:
        raise ProofError(f"it lives longer than {LONGEST_LIFE_S} s")


def _moment(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if type(value) not in (int, float) or not 0 <= value < 2**53:  # type: ignore[operator]  # a number by its type
        raise ProofError(f"its {name} is no time")
    return value  # type: ignore[return-value]  # as above


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("the same name twice in one object")
    return members


_decode = decoder(object_pairs_hook=_members)
