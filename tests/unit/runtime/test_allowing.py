"""`access=` at run time: which callers its principals and tokens stand for."""

from __future__ import annotations

from typing import Any

import pytest

from mlfn.access import callers_role
from mlfn.runtime.allowing import is_allowed
from mlfn.runtime.identity import Caller, gateway_caller, proven_caller
from mlfn.runtime.manifest import Manifest

ROLE = "arn:aws:sts::123456789012:assumed-role/Reader/jane"
USER = "arn:aws:iam::123456789012:user/data/jane"
TOKENS = {"issuer": "https://login.example.com", "audiences": ["reviews"], "scopes": []}


def manifest(*allow: str, tokens: dict[str, Any] | None = None) -> Manifest:
    facts = {"app": "reviews", "name": "sentiment", "id": "reviews.sentiment", "version": "1", "artifact": "1"}
    return Manifest({**facts, "allow": allow, "tokens": tokens})


def caller(arn: str, assurance: int = 2) -> Caller:
    return Caller(arn, "iam_role", assurance, "http_iam")


@pytest.mark.parametrize(
    ("principal", "allowed"),
    [
        (ROLE, True),
        ("arn:aws:iam::123456789012:role/Reader", True),
        ("arn:aws:iam::123456789012:role/team/Reader", True),
        ("arn:aws:iam::123456789012:role/Read*", True),
        ("arn:aws:iam::123456789012:role/*", True),
        ("arn:aws:sts::123456789012:assumed-role/Reader/*", True),
        ("arn:aws:iam::123456789012:root", True),
        ("123456789012", True),
        ("*", True),
        ("arn:aws:iam::123456789012:role/Writer", False),
        ("arn:aws:iam::123456789012:role/Read", False),
        ("arn:aws:iam::123456789012:role/*x", False),
        ("arn:aws:sts::123456789012:assumed-role/Reader/jan", False),
        ("arn:aws:iam::210987654321:role/*", False),
        ("arn:aws:iam::123456789012:user/*", False),
        ("210987654321", False),
    ],
)
def test_a_principal_stands_for_its_sessions(principal: str, allowed: bool) -> None:
    assert is_allowed(caller(ROLE), manifest(principal)) is allowed


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        *[("data/*", True), ("*/jane", True), ("d*ta/j*e", True), ("data/jane*", True), ("data/*jane", True)],
        *[("*jane*jane", False), ("j*", False), ("data", False), ("data/jane/*", False)],
    ],
)
def test_a_wildcard_stands_for_any_part_of_a_users_name(pattern: str, allowed: bool) -> None:
    assert is_allowed(caller(USER), manifest(f"arn:aws:iam::123456789012:user/{pattern}")) is allowed


def test_nobody_named_lets_everybody_through() -> None:
    assert is_allowed(Caller(None, "anonymous", 0, "http_open"), manifest())


def test_a_name_that_is_only_claimed_opens_nothing() -> None:
    assert not is_allowed(caller(ROLE, assurance=1), manifest(ROLE))
    assert not is_allowed(Caller(None, "unknown", 2, "http_iam"), manifest(ROLE))


def test_a_proven_role_is_let_in_with_or_without_its_path() -> None:
    proven = proven_caller("arn:aws:iam::123456789012:role/team/Reader")

    assert is_allowed(proven, manifest("arn:aws:iam::123456789012:role/Reader"))
    assert is_allowed(proven, manifest("arn:aws:iam::123456789012:role/other/Reader"))
    assert not is_allowed(proven, manifest("arn:aws:iam::123456789012:role/team"))


@pytest.mark.parametrize(
    ("claims", "scopes", "allowed"),
    [
        ({"aud": "reviews"}, [], True),
        ({"aud": "[other reviews]"}, [], True),
        ({"aud": ["other", "reviews"]}, [], True),
        ({"client_id": "reviews"}, [], True),
        ({"aud": "reviews", "scope": "models/read models/write"}, ["models/write"], True),
        ({"aud": "reviews", "scp": "[models/write]"}, ["models/write"], True),
        ({"aud": "reviews", "scope": "models/read"}, ["models/write"], False),
        ({"aud": "reviews"}, ["models/write"], False),
        ({"aud": "other"}, [], False),
        ({"aud": 7}, [], False),
        ({}, [], False),
        ({"aud": "reviews", "iss": "https://evil.example.com"}, [], False),
        ({"aud": "reviews", "iss": None}, [], False),
    ],
)
def test_a_token_opens_the_route_it_is_for(claims: dict[str, Any], scopes: list[str], allowed: bool) -> None:
    holder = gateway_caller({"authorizer": {"jwt": {"claims": {"iss": TOKENS["issuer"], "sub": "jane", **claims}}}})

    assert is_allowed(holder, manifest(tokens={**TOKENS, "scopes": scopes})) is allowed


def test_a_signature_does_not_open_a_route_for_tokens() -> None:
    assert not is_allowed(caller(ROLE), manifest(tokens=TOKENS))


def test_a_proof_does_not_close_what_iam_has_opened() -> None:
    assert is_allowed(proven_caller(USER), manifest(tokens=TOKENS))


def test_other_accounts_come_through_the_role_made_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFN_STAGE", "prod")
    through = caller("arn:aws:sts::123456789012:assumed-role/reviews-prod-sentiment-callers/jane")

    assert is_allowed(through, manifest("arn:aws:iam::210987654321:role/Partner"))
    assert not is_allowed(through, manifest("arn:aws:iam::123456789012:role/Reader"))
    other = caller("arn:aws:sts::123456789012:assumed-role/reviews-dev-sentiment-callers/jane")
    assert not is_allowed(other, manifest("arn:aws:iam::210987654321:role/Partner"))


def test_a_long_name_gives_a_role_name_that_iam_takes() -> None:
    role, other = callers_role("a" * 31, "prod", "m" * 28), callers_role("a" * 31, "prod", "m" * 29)

    assert (len(role), len(other)) == (64, 64)
    assert role != other
