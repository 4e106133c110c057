"""JWT authorizers: RS256 tokens, checked against the keys their issuer publishes (RFC 7519, RFC 7517, OIDC)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

KEYS_FOR_S = 7_200.0
LEAST_BETWEEN_FETCHES_S = 5.0
"""Anybody can send tokens with ids of keys that are not there."""
FETCH_TIMEOUT_S = 3.0
MIN_KEY_BITS = 2_048
_MAX_TOKEN_CHARS = 16_384
_SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
"""DigestInfo of SHA-256 (RFC 8017, section 9.2, note 1)."""

Fetch = Callable[[str], dict[str, Any]]


class TokenRefusedError(Exception):
    """A token is missing, not ours, expired, or not for us; the text goes into WWW-Authenticate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token, decoded but not yet believed."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes


def decode(text: str) -> Token:
    """A token in compact form, taken apart.

    Raises:
        TokenRefusedError: it is none.
    """
    parts = text.split(".")
    if len(parts) != 3 or len(text) > _MAX_TOKEN_CHARS:
        raise TokenRefusedError("the token is malformed")
    try:
        header, claims = (json.loads(_base64url(part)) for part in parts[:2])
        signature = _base64url(parts[2])
    except (ValueError, binascii.Error, RecursionError):
        raise TokenRefusedError("the token is malformed") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise TokenRefusedError("the token is malformed")
    return Token(header=header, claims=claims, signed=".".join(parts[:2]).encode(), signature=signature)


def check_claims(token: Token, settings: Mapping[str, Any], now: float) -> None:
    """Refuse a token of another issuer or audience, or outside its time.

    Raises:
        TokenRefusedError: it is not for us, now.
    """
    claims = token.claims
    if token.header.get("alg") != "RS256":
        raise TokenRefusedError("signing method is invalid")
    if claims.get("iss") != settings["Issuer"]:
        raise TokenRefusedError("the token's issuer is invalid")
    audience = claims.get("aud", claims.get("client_id"))
    audiences = audience if isinstance(audience, list) else [audience]
    if not any(isinstance(each, str) and each in settings["Audience"] for each in audiences):
        raise TokenRefusedError("the token does not have a valid audience")
    if not now < _moment(claims, "exp", missing=0.0):
        raise TokenRefusedError("the token has expired")
    for name in ("nbf", "iat"):
        if now < _moment(claims, name, missing=now):
            raise TokenRefusedError(f"the token's {name} is in the future")


def _moment(claims: Mapping[str, Any], name: str, missing: float) -> float:
    value = claims.get(name, missing)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefusedError(f"the token's {name} is malformed")
    return value


def scopes(claims: Mapping[str, Any]) -> list[str] | None:
    """The scopes of a token: its `scope` (space-separated) or `scp`."""
    given = claims.get("scope", claims.get("scp"))
    return given.split() if isinstance(given, str) else given if isinstance(given, list) else None


class JwtVerifier:
    """Checks tokens; keys are fetched once per issuer and kept for two hours."""

    def __init__(self, fetch: Fetch | None = None, clock: Callable[[], float] = time.time) -> None:
        self._fetch = fetch or _fetch
        self._clock = clock
        self._keys: dict[str, tuple[float, list[dict[str, Any]]]] = {}
        self._fetching: dict[str, asyncio.Task[None]] = {}

    async def verify(self, text: str, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """The claims of a token that an authorizer's settings accept.

        Raises:
            TokenRefusedError: they do not.
        """
        token = decode(text)
        check_claims(token, settings, self._clock())
        key = await self._key(settings["Issuer"], token.header.get("kid"))
        if not _signed_by(key, token):
            raise TokenRefusedError("the token's signature is invalid")
        return token.claims

    async def _key(self, issuer: str, kid: Any) -> dict[str, Any]:
        fetched_at, keys = self._keys.get(issuer, (0.0, []))
        found = _by_id(keys, kid)
        if self._clock() - fetched_at >= (LEAST_BETWEEN_FETCHES_S if found is None else KEYS_FOR_S):
            await asyncio.shield(self._fetching.get(issuer) or self._begin_to_fetch(issuer))
            found = _by_id(self._keys[issuer][1], kid)
        if found is None:
            raise TokenRefusedError("the token's key is not one of the issuer's")
        return found

    def _begin_to_fetch(self, issuer: str) -> asyncio.Task[None]:
        """Fetch an issuer's keys, once for all who wait for them."""
        task = self._fetching[issuer] = asyncio.ensure_future(self._fetch_keys(issuer))
        task.add_done_callback(lambda _: self._fetching.pop(issuer))
        return task

    async def _fetch_keys(self, issuer: str) -> None:
        try:
            discovery = await asyncio.to_thread(self._fetch, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            keys = (await asyncio.to_thread(self._fetch, discovery["jwks_uri"]))["keys"]
            usable = [key for key in keys if isinstance(key, dict)]
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise TokenRefusedError("the issuer's keys cannot be fetched") from error
        self._keys[issuer] = (self._clock(), usable)


def _signed_by(key: Mapping[str, Any], token: Token) -> bool:
    """RSASSA-PKCS1-v1_5 with SHA-256: encode what was signed and compare (RFC 8017, section 8.2.2)."""
    try:
        modulus, exponent = _integer(key["n"]), _integer(key["e"])
    except (KeyError, ValueError, TypeError):
        return False
    size = (modulus.bit_length() + 7) // 8
    signature = int.from_bytes(token.signature, "big")
    if modulus.bit_length() < MIN_KEY_BITS or len(token.signature) != size or signature >= modulus:
        return False
    digest = _SHA256_PREFIX + hashlib.sha256(token.signed).digest()
    encoded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    return hmac.compare_digest(pow(signature, exponent, modulus).to_bytes(size, "big"), encoded)


def _by_id(keys: list[dict[str, Any]], kid: Any) -> dict[str, Any] | None:
    return next((key for key in keys if key.get("kid") == kid and key.get("kty") == "RSA"), None)


def _integer(text: str) -> int:
    return int.from_bytes(_base64url(text), "big")


def _base64url(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _fetch(url: str) -> dict[str, Any]:
    if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise ValueError(f"{url} is no https address")
    from http.client import HTTPException  # noqa: PLC0415 - with the next, a megabyte that most emulators never need
    from urllib.request import urlopen  # noqa: PLC0415

    try:
        with urlopen(url, timeout=FETCH_TIMEOUT_S) as answer:  # noqa: S310 -- the scheme is checked above
            document: dict[str, Any] = json.loads(answer.read(1_000_000))
    except HTTPException as error:
        raise OSError(f"{url} does not answer in HTTP") from error
    return document
