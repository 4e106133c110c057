"""Who a caller is, by what vouches for them."""

from __future__ import annotations

from typing import Any

import pytest

from mlfn.runtime.identity import direct_caller, execution_caller, gateway_caller

ROLE = "arn:aws:sts::123456789012:assumed-role/Reader/jane"


@pytest.mark.parametrize(
    ("authorizer", "expected"),
    [
        (
            {"iam": {"userArn": "arn:aws:iam::1:user/jane"}},
            ("arn:aws:iam::1:user/jane", "iam_user", 2, "http_iam"),
        ),
        ({"iam": {"userArn": ROLE}}, (ROLE, "iam_role", 2, "http_iam")),
        (
            {"iam": {"userArn": ROLE, "cognitoIdentity": {"identityId": "x"}}},
            (ROLE, "federated", 2, "http_iam"),
        ),
        ({"jwt": {"claims": {"iss": "https://i", "sub": "s"}}}, ("https://i|s", "jwt_subject", 2, "http_jwt")),
        ({"lambda": {"principalId": "p"}}, ("p", "unknown", 1, "http_lambda_auth")),
        ({}, ("anonymous", "anonymous", 0, "http_open")),
        (None, ("anonymous", "anonymous", 0, "http_open")),
        ("forged", ("anonymous", "anonymous", 0, "http_open")),
    ],
    ids=["user", "role", "cognito", "jwt", "lambda", "none", "missing", "nonsense"],
)
def test_a_gateway_vouches_for_its_caller(authorizer: Any, expected: tuple[str, str, int, str]) -> None:
    caller = gateway_caller({"authorizer": authorizer})

    assert (caller.id, caller.type, caller.assurance, caller.path) == expected


@pytest.mark.parametrize(
    ("given", "assurance"),
    [({"id": "a", "assurance": 3}, 1), ({"id": "a", "assurance": 0}, 0), ({"id": "a"}, 1)],
    ids=["inflated", "claimed", "silent"],
)
def test_a_state_machine_asserts_its_caller_at_most(given: dict[str, Any], assurance: int) -> None:
    assert execution_caller(given, "e").assurance == assurance


def test_without_a_caller_the_state_machine_is_the_caller() -> None:
    caller = execution_caller(None, "arn:aws:states:r:1:execution:judge:run")

    assert (caller.id, caller.type) == ("arn:aws:states:r:1:execution:judge", "pipeline")


@pytest.mark.parametrize("context", [None, [], {"custom": 1}, {"custom": {"caller": 7}}], ids=repr)
def test_a_direct_caller_that_claims_nothing_has_no_name(context: Any) -> None:
    assert direct_caller(context).id is None
