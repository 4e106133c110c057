"""Tokens that prove who a direct caller is, and everything that only looks like one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.fixtures.tokens import ISSUER, KID, SUBJECT, Issuer, base64url, encoded, number

from mlfn.errors import DataError
from mlfn.runtime.proofs import IssuerKeys, issuer_keys
from mlfn.runtime.rs256 import public_key
from mlfn.runtime.web_identity import LARGEST_TOKEN, ProofError, proven_subject

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:reviews-dev-sentiment"
NOW = time.time()
ISSUED = Issuer(clock=lambda: NOW)
OTHER = Issuer(clock=lambda: NOW)


def check(token: Any) -> str:
    keys = issuer_keys(ISSUED.document)
    return proven_subject(token, FUNCTION, lambda issuer, kid: keys.get((issuer, kid)), NOW)


def resigned(header: dict[str, Any], claims: dict[str, Any] | None = None) -> str:
    return ISSUED.token(FUNCTION, header, **(claims or {}))


def test_a_token_of_a_known_issuer_proves_its_subject() -> None:
    assert check(ISSUED.token(FUNCTION)) == SUBJECT
    assert check(ISSUED.token(FUNCTION, aud=[FUNCTION])) == SUBJECT


def test_a_subject_that_is_no_arn_is_told_with_its_issuer() -> None:
    assert check(ISSUED.token(FUNCTION, sub="jane@example.com")) == f"{ISSUER}|jane@example.com"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://evil.example"}, "issuer or key is not known"),
        ({"iss": ISSUER + "/"}, "issuer or key is not known"),
        ({"iss": None}, "names no issuer"),
        ({"aud": FUNCTION + ":live"}, "audience"),
        ({"aud": FUNCTION[:-1]}, "audience"),
        ({"aud": [FUNCTION, "https://elsewhere.example"]}, "audience"),
        ({"aud": []}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": {FUNCTION: 1}}, "audience"),
        ({"exp": NOW - 1}, "expired"),
        ({"exp": None}, "exp is no time"),
        ({"exp": "9999999999"}, "exp is no time"),
        ({"exp": True}, "exp is no time"),
        ({"exp": float("inf")}, "compact form"),
        ({"exp": 2**80}, "exp is no time"),
        ({"exp": NOW + 4000}, "lives longer"),
        ({"iat": None}, "iat is no time"),
        ({"iat": NOW + 100, "exp": NOW + 200}, "from the future"),
        ({"nbf": NOW + 100}, "from the future"),
        ({"nbf": "soon"}, "nbf is no time"),
        ({"sub": None}, "no subject"),
        ({"sub": ""}, "no subject"),
        ({"sub": 7}, "no subject"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_a_claim_that_is_not_right_is_refused(claims: dict[str, Any], why: str) -> None:
    with pytest.raises(ProofError, match=why):
        check(ISSUED.token(FUNCTION, **claims))


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ({"alg": "none"}, "RS256"),
        ({"alg": "None"}, "RS256"),
        ({"alg": "rs256"}, "RS256"),
        ({"alg": "RS512"}, "RS256"),
        ({"alg": ["RS256"]}, "RS256"),
        ({"alg": None}, "RS256"),
        ({"typ": "at+jwt"}, "not supported"),
        ({"crit": ["exp"]}, "not supported"),
        ({"b64": False}, "not supported"),
        ({"kid": "RS256_2"}, "not known"),
        ({"kid": "../../etc/passwd"}, "not known"),
        ({"kid": 1}, "no key"),
        ({"kid": [KID]}, "no key"),
        ({"jwk": OTHER.jwk, "kid": "mine"}, "compact form"),
        ({"jku": "https://evil.example/jwks.json", "kid": "mine"}, "not known"),
        ({"pad": "x" * 600}, "compact form"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_a_header_decides_nothing_about_how_a_token_is_checked(header: dict[str, Any], why: str) -> None:
    with pytest.raises(ProofError, match=why):
        check(resigned(header))


def unsigned(token: str) -> str:
    header = encoded({"alg": "none", "typ": "JWT", "kid": KID})
    return f"{header}.{token.split('.')[1]}."


def signed_with_the_public_key(token: str) -> str:
    """HS256 with the public key as its secret: what a verifier that trusts `alg` takes."""
    secret = ISSUED.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    message = f"{encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': KID})}.{token.split('.')[1]}"
    return f"{message}.{base64url(hmac.digest(secret, message.encode(), 'sha256'))}"


def with_signature(change: Callable[[bytes], bytes]) -> Callable[[str], str]:
    def changed(token: str) -> str:
        message, _, signature = token.rpartition(".")
        return f"{message}.{base64url(change(base64.urlsafe_b64decode(signature + '==')))}"

    return changed


def with_other_claims(token: str) -> str:
    header, _, signature = token.split(".")
    return ".".join((header, ISSUED.token(FUNCTION, sub="arn:aws:iam::123456789012:root").split(".")[1], signature))


def twice_the_same_name(token: str) -> str:
    claims = json.dumps({"iss": ISSUER, "aud": FUNCTION, "sub": SUBJECT, "iat": int(NOW), "exp": int(NOW) + 60})
    doubled = claims[:-1] + ', "sub": "arn:aws:iam::123456789012:root"}'
    message = f"{token.split('.', maxsplit=1)[0]}.{base64url(doubled.encode())}"
    return f"{message}.{ISSUED.signature(message)}"


MODULUS = ISSUED.key.public_key().public_numbers().n


@pytest.mark.parametrize(
    "forge",
    [
        unsigned,
        signed_with_the_public_key,
        with_signature(lambda raw: raw[:-1]),
        with_signature(lambda raw: b"\0" + raw),
        with_signature(lambda raw: raw[::-1]),
        with_signature(lambda _: b""),
        with_signature(lambda raw: b"\0" * len(raw)),
        with_signature(lambda raw: (1).to_bytes(len(raw), "big")),
        with_signature(lambda raw: (int.from_bytes(raw, "big") + MODULUS).to_bytes(len(raw) + 1, "big")),
        with_signature(lambda raw: (MODULUS - 1).to_bytes(len(raw), "big")),
        with_other_claims,
        twice_the_same_name,
        lambda _: OTHER.token(FUNCTION),
        lambda token: token + "=",
        lambda token: token + ".",
        lambda token: "." + token,
        lambda token: token.replace(".", "..", 1),
        lambda token: token + "\n",
        lambda token: " " + token,
        lambda token: token.rpartition(".")[0],
        lambda token: token.rpartition(".")[0] + "." + "A" * LARGEST_TOKEN,
        lambda _: "",
        lambda _: "..",
        lambda _: "e30.e30.",
        lambda _: "\ud800.e30.e30",
        lambda _: None,
        lambda token: [token],
        lambda token: {"token": token},
        lambda _: base64url(b"[" * 900) + "." + base64url(b"[" * 900) + ".AA",
    ],
)
def test_a_forged_token_proves_nothing(forge: Callable[[str], Any]) -> None:
    with pytest.raises(ProofError):
        check(forge(ISSUED.token(FUNCTION)))


def test_another_spelling_of_a_signature_is_refused() -> None:
    """Base64url's last character has bits that count for nothing: there must be one spelling."""
    token = ISSUED.token(FUNCTION)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = alphabet[alphabet.index(token[-1]) ^ 1]

    with pytest.raises(ProofError):
        check(token[:-1] + other)


def test_garbage_behind_a_short_padding_is_no_signature() -> None:
    """What a verifier that skips the padding, or reads the digest from the left, takes with an exponent of 3."""
    key = rsa.generate_private_key(3, 2048)
    numbers = key.public_key().public_numbers()
    message = f"{encoded({'alg': 'RS256', 'kid': KID})}.{ISSUED.token(FUNCTION).split('.')[1]}"
    digest = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(message.encode()).digest()
    block = int.from_bytes(b"\x00\x01" + b"\xff" * 8 + b"\x00" + digest + b"\x00" * (256 - 11 - len(digest)), "big")
    root = 1 << -(-block.bit_length() // 3)
    while (lower := (2 * root + block // root**2) // 3) < root:
        root = lower
    forged = f"{message}.{base64url((root + 1).to_bytes(256, 'big'))}"
    assert ((root + 1) ** 3).to_bytes(256, "big").startswith(b"\x00\x01" + b"\xff" * 8 + b"\x00" + digest)

    weak = {"kty": "RSA", "kid": KID, "n": number(numbers.n), "e": number(3)}

    assert public_key(weak) is None
    with pytest.raises(ProofError):
        proven_subject(forged, FUNCTION, lambda *_: public_key({**weak, "e": number(65537)}), NOW)


@pytest.mark.parametrize(
    "jwk",
    [
        None,
        {},
        {**ISSUED.jwk, "kty": "EC"},
        {**ISSUED.jwk, "kty": "oct", "k": "AAAA"},
        {**ISSUED.jwk, "alg": "RS512"},
        {**ISSUED.jwk, "use": "enc"},
        {**ISSUED.jwk, "n": number(2**1023 + 1)},
        {**ISSUED.jwk, "n": number(2**9000 + 1)},
        {**ISSUED.jwk, "n": number(MODULUS + 1)},
        {**ISSUED.jwk, "n": 5},
        {**ISSUED.jwk, "n": "+/+/"},
        {**ISSUED.jwk, "e": number(1)},
        {**ISSUED.jwk, "e": number(65538)},
        {**ISSUED.jwk, "e": number(2**40 + 1)},
        {**ISSUED.jwk, "e": ""},
    ],
)
def test_a_key_that_should_not_be_trusted_is_none(jwk: Any) -> None:
    assert public_key(jwk) is None


class Bucket:
    """What a deploy has stored, and how often it was read."""

    def __init__(self, document: bytes | None) -> None:
        self.document = document
        self.reads = 0

    def read(self) -> bytes:
        self.reads += 1
        if self.document is None:
            raise DataError("no answer", hint="wait")
        return self.document


def test_keys_are_read_once_and_again_when_they_are_old() -> None:
    bucket, now = Bucket(ISSUED.document), [0.0]
    keys = IssuerKeys(bucket.read, lambda: now[0])

    found = [keys.find(ISSUER, KID) for _ in range(3)]
    now[0] = 4000.0
    keys.find(ISSUER, KID)

    assert all(found)
    assert bucket.reads == 2


def test_made_up_key_ids_do_not_make_every_call_read() -> None:
    bucket, now = Bucket(ISSUED.document), [0.0]
    keys = IssuerKeys(bucket.read, lambda: now[0])

    unknown = [keys.find(ISSUER, f"made up {number}") for number in range(100)]
    now[0] = 61.0
    keys.find(ISSUER, "another")

    assert not any(unknown)
    assert bucket.reads == 2


def test_a_rotated_key_is_found_without_a_deploy() -> None:
    bucket, now = Bucket(OTHER.document.replace(KID.encode(), b"old")), [0.0]
    keys = IssuerKeys(bucket.read, lambda: now[0])
    assert keys.find(ISSUER, KID) is None

    bucket.document, now[0] = ISSUED.document, 100.0

    assert keys.find(ISSUER, KID) is not None


def test_known_keys_stay_when_the_bucket_does_not_answer() -> None:
    bucket, now = Bucket(ISSUED.document), [0.0]
    keys = IssuerKeys(bucket.read, lambda: now[0])
    keys.find(ISSUER, KID)

    bucket.document, now[0] = None, 4000.0

    assert keys.find(ISSUER, KID) is not None


def test_without_any_keys_a_proof_cannot_be_checked() -> None:
    with pytest.raises(DataError):
        IssuerKeys(Bucket(None).read).find(ISSUER, KID)


@pytest.mark.parametrize("document", [b"", b"{}", b'{"issuers": [{"issuer": 1}]}', b'{"issuers": 3}', b"\xff"])
def test_damaged_keys_are_told(document: bytes) -> None:
    with pytest.raises(DataError, match="damaged"):
        issuer_keys(document)
