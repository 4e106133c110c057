"""Tokens of JWT authorizers, signed here with a key of our own."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from typing import Any

import pytest

from mlfn_localstack.services.apigatewayv2.jwt import JwtVerifier, TokenRefusedError

ISSUER = "https://issuer.example"
SETTINGS = {"Issuer": ISSUER, "Audience": ["api"]}
NOW = 1_700_000_000.0
CLAIMS = {"iss": ISSUER, "aud": "api", "exp": NOW + 60, "iat": NOW - 1, "sub": "jane"}
E = 65537
# A key made for these tests, of no use anywhere else.
N = int(
    "c4e346391197adab608e6ea19b8f0b41e76cb52f0abcc076c429931878e3c244f0ef6bd9ddf033c2b7bbcc50a3177d63e1b2"
    "7e063f86d838c322f2e09537e57e940575fe6dba7ed479a5bc3be82a102ca7d2ca13c53f38f0918ac4ecbaacaa9f4c12398a"
    "04fdb20b736cbd63a54aca4911fc75dd20cf166e9c1354411c5650d4ff9cca212eb96ac139025c36b9604b809204fa28563c"
    "876709a2de9812cf3a7809376796daf235aff5cd27ab7ef80f3d330485ae43b92d9bf5e06e942dbfbd2131f401723a555e74"
    "2ad4c9a0b1b0e0861429c739ad6847ed9b4fabeb0bce39dcd208ca620dc2e65d763a87c4cba398475dbebeb108280d19b067"
    "c2d077224799",
    16,
)
D = int(
    "59a18997735dd4af1f1ed85873e3d3e125c4c45aed0d6ea4e2ba767f7e9159205f7aef6358790067559385f8f3b63edc18a4"
    "5460edccaa6474d9552e4e600af6ebd5ec986e45a7757d07a940b0796db196990c6ba1b11d6fcf22187218ad806352933d64"
    "8acf1f9dbce734f4c70bdc39159a13e21e0c888ec438bc7383bdfbbf9ee923ab7a96770822a97e9621a09d5cd90797120a77"
    "c4c5ab11fe27e6ac0da73e11aad51aa5944c63b8b9a8cf129fdd2390e3c9361681872b95d5e5bc257d83b5f84d4013bb918c"
    "5df5628cc94cda81d76392af961392fc8ff8aca8d82c1de75991e79fa9109c4abfa4a97b513bd5cbe22bde7ccbf8b994bd01"
    "b6e22bb8f28d",
    16,
)


def text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token_of(claims: dict[str, Any], **header: Any) -> str:
    head = {"alg": "RS256", "kid": "k1"} | header
    signed = f"{text_of(json.dumps(head).encode())}.{text_of(json.dumps(claims).encode())}"
    info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(signed.encode()).digest()
    size = (N.bit_length() + 7) // 8
    encoded = b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info
    signature = pow(int.from_bytes(encoded, "big"), D, N).to_bytes(size, "big")
    return f"{signed}.{text_of(signature)}"


def fetch(url: str) -> dict[str, Any]:
    if url == f"{ISSUER}/.well-known/openid-configuration":
        return {"jwks_uri": f"{ISSUER}/keys"}
    key = {"kty": "RSA", "kid": "k1", "n": text_of(N.to_bytes(256, "big")), "e": text_of(E.to_bytes(3, "big"))}
    return {"keys": [key]}


def verify(token: str) -> Any:
    return asyncio.run(JwtVerifier(fetch, clock=lambda: NOW).verify(token, SETTINGS))


def test_a_token_of_the_issuer_for_the_audience_is_accepted() -> None:
    assert verify(token_of(CLAIMS))["sub"] == "jane"


@pytest.mark.parametrize(
    ("claims", "header"),
    [
        ({"iss": "https://evil.example"}, {}),
        ({"aud": "other"}, {}),
        ({"aud": None}, {}),
        ({"aud": {}}, {}),
        ({"aud": [["api"], {}]}, {}),
        ({"nbf": 10**400}, {}),
        ({"exp": NOW}, {}),
        ({"exp": "never"}, {}),
        ({"nbf": NOW + 10}, {}),
        ({}, {"alg": "none"}),
        ({}, {"alg": "HS256"}),
        ({}, {"kid": "other"}),
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_now_is_refused(claims: dict[str, Any], header: dict[str, Any]) -> None:
    with pytest.raises(TokenRefusedError):
        verify(token_of(CLAIMS | claims, **header))


def test_a_changed_claim_breaks_the_signature() -> None:
    head, _, signature = token_of(CLAIMS).split(".")
    claims = text_of(json.dumps(CLAIMS | {"sub": "root"}).encode())

    with pytest.raises(TokenRefusedError, match="signature"):
        verify(f"{head}.{claims}.{signature}")


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "....", "e30.e30.", "W10.W10.AA"], ids=str)
def test_a_malformed_token_is_refused(token: str) -> None:
    with pytest.raises(TokenRefusedError):
        verify(token)


def test_a_token_may_be_good_for_longer_than_a_float_can_tell() -> None:
    assert verify(token_of(CLAIMS | {"exp": 10**400}))["sub"] == "jane"


def test_keys_are_fetched_once_for_all_who_wait_and_not_again_for_every_key_that_is_not_there() -> None:
    fetched: list[str] = []

    def counted(url: str) -> dict[str, Any]:
        fetched.append(url)
        return fetch(url)

    async def refuse(verifier: JwtVerifier, kid: str) -> None:
        with pytest.raises(TokenRefusedError):
            await verifier.verify(token_of(CLAIMS, kid=kid), SETTINGS)

    async def flood() -> None:
        verifier = JwtVerifier(counted, clock=lambda: NOW)
        await asyncio.gather(*(refuse(verifier, f"first {number}") for number in range(20)))
        await asyncio.gather(*(refuse(verifier, f"then {number}") for number in range(20)))

    asyncio.run(flood())

    assert len(fetched) == 2


@pytest.mark.parametrize("document", [[], None, {"keys": None}, {"keys": ["k1"]}, {"keys": [{"kid": "k1"}]}], ids=str)
def test_keys_that_are_none_refuse_the_token(document: Any) -> None:
    def odd(url: str) -> dict[str, Any]:
        answer: dict[str, Any] = fetch(url) if url.endswith("configuration") else document
        return answer

    with pytest.raises(TokenRefusedError):
        asyncio.run(JwtVerifier(odd, clock=lambda: NOW).verify(token_of(CLAIMS), SETTINGS))
