"""Signatures that must not hold, and the words in which AWS refuses them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.faults.emulator.conftest import Prey
from tests.faults.emulator.functions import ALLOW_ALL, TRUST
from tests.faults.emulator.malformed.signing import Plain, Signer, to_bytes
from tests.faults.emulator.malformed.targets import get_item, plain_targets
from tests.faults.emulator.malformed.wire import Answer, exchange

PROTOCOLS = ("json", "query", "rest-json", "rest-xml", "execute-api")
MISMATCH = {
    "json": (400, "InvalidSignatureException"),
    "query": (403, "SignatureDoesNotMatch"),
    "rest-json": (403, "InvalidSignatureException"),
    "rest-xml": (403, "SignatureDoesNotMatch"),
    "execute-api": (403, "Forbidden"),
}
MISSING = {
    "json": (400, "MissingAuthenticationTokenException"),
    "query": (403, "MissingAuthenticationToken"),
    "rest-json": (403, "MissingAuthenticationTokenException"),
    "rest-xml": (403, "AccessDenied"),
    "execute-api": (403, "Forbidden"),
}
UNKNOWN = {
    "json": (400, "UnrecognizedClientException"),
    "query": (403, "InvalidClientTokenId"),
    "rest-json": (403, "UnrecognizedClientException"),
    "rest-xml": (403, "InvalidAccessKeyId"),
    "execute-api": (403, "Forbidden"),
}
SKEWED = {**MISMATCH, "rest-xml": (403, "RequestTimeTooSkewed")}
SCOPE = {**MISMATCH, "rest-xml": (400, "AuthorizationHeaderMalformed")}
Change = Callable[[Signer], Signer]

pytestmark = pytest.mark.xdist_group("emulator-signatures")


def plain(prey: Prey, protocol: str) -> Plain:
    """A good request that is not signed."""
    return plain_targets(prey.api)[protocol]


def refusal(answer: Answer) -> tuple[int | None, str]:
    """Status and error code, wherever the protocol puts it."""
    text = answer.body.decode()
    if text.startswith("<"):
        code = re.search("<Code>([^<]*)", text)
        return answer.status, code[1] if code else ""
    document = json.loads(text)
    kind = re.search(rb"x-amzn-errortype: ([^\r:]*)", answer.raw, re.IGNORECASE)
    if "__type" in document:
        return answer.status, document["__type"].rpartition("#")[2]
    return answer.status, kind[1].decode() if kind else document.get("Message", document.get("message", ""))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_signed_request_itself_is_accepted(prey: Prey, protocol: str) -> None:
    assert exchange(prey.port, prey.signer.signed(plain(prey, protocol))).status == 200


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_unsigned_request_is_refused(prey: Prey, protocol: str) -> None:
    good = plain(prey, protocol)
    unsigned = replace(good, headers=(*good.headers, ("Host", prey.signer.host)))

    assert refusal(exchange(prey.port, to_bytes(unsigned))) == MISSING[protocol]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda s: replace(s, secret_key="wrong"), MISMATCH),
        (lambda s: replace(s, access_key="AKIA" + "X" * 16), UNKNOWN),
        (lambda s: replace(s, shift_s=-301 - 600), SKEWED),
        (lambda s: replace(s, shift_s=+301 + 600), SKEWED),
        (lambda s: replace(s, region="eu-north-1"), SCOPE),
        (lambda s: replace(s, scope_date="20200101"), SCOPE),
    ],
    ids=["forged", "unknown-key", "expired", "from-the-future", "other-region", "other-day"],
)
def test_a_signature_that_does_not_hold_is_refused(
    prey: Prey, protocol: str, change: Change, expected: dict[str, tuple[int, str]]
) -> None:
    answer = exchange(prey.port, change(prey.signer).signed(plain(prey, protocol)))

    assert refusal(answer) == expected[protocol]


@pytest.mark.parametrize("protocol", [name for name in PROTOCOLS if name not in ("rest-xml", "query")])
def test_a_scope_of_another_service_is_refused(prey: Prey, protocol: str) -> None:
    answer = exchange(prey.port, replace(prey.signer, scope_service="kms").signed(plain(prey, protocol)))

    assert answer.status is not None
    assert 400 <= answer.status < 500


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_changed_body_is_refused(prey: Prey, protocol: str) -> None:
    good = plain(prey, protocol)
    signed = replace(good, headers=prey.signer.headers(good))

    answer = exchange(prey.port, to_bytes(replace(signed, body=signed.body[:-1] + b" ")))

    expected = {**MISMATCH, "rest-xml": (400, "XAmzContentSHA256Mismatch")}
    assert refusal(answer) == expected[protocol]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "damage",
    [
        lambda r: replace(r, method="PATCH"),
        lambda r: replace(r, target=r.target + ("&x=y" if "?" in r.target else "?x=y")),
        lambda r: replace(r, target=r.target.replace("/", "/x/", 1)),
        lambda r: replace(r, headers=(*r.headers, ("X-Amz-Extra", "unsigned"))),
        lambda r: replace(r, headers=tuple((n, v.replace("host;", "")) for n, v in r.headers)),
        lambda r: replace(r, headers=tuple((n, "other:1" if n == "Host" else v) for n, v in r.headers)),
        lambda r: replace(r, headers=(*r.headers, ("X-Amz-Security-Token", "made-up"))),
        lambda r: replace(r, headers=(*r.headers, r.headers[-1])),
    ],
    ids=[
        *("method", "query", "path", "unsigned-header", "host-unsigned", "host-changed", "token-added"),
        "two-authorizations",
    ],
)
def test_a_changed_request_is_refused(prey: Prey, protocol: str, damage: Callable[[Plain], Plain]) -> None:
    good = plain(prey, protocol)
    signed = replace(good, headers=prey.signer.headers(good))

    answer = exchange(prey.port, to_bytes(damage(signed)))

    assert answer.status is not None
    assert 400 <= answer.status < 500


def test_a_replay_inside_the_window_is_as_good_as_in_aws_and_outside_it_is_not(prey: Prey) -> None:
    recorded = prey.signer.signed(get_item())
    old = replace(prey.signer, shift_s=-301).signed(get_item())

    assert [exchange(prey.port, recorded).status for _ in range(2)] == [200, 200]
    assert refusal(exchange(prey.port, old)) == (400, "InvalidSignatureException")


def test_a_presigned_url_ends_and_cannot_be_extended(prey: Prey) -> None:
    prey.client("s3").put_object(Bucket="things-bucket", Key="a", Body=b"x")
    get = Plain(service="s3", method="GET", target="/things-bucket/a")
    late = replace(prey.signer, shift_s=-120).presigned(get, expires_s=60)

    assert exchange(prey.port, prey.signer.presigned(get)).status == 200
    assert refusal(exchange(prey.port, late)) == (403, "AccessDenied")
    assert b"Request has expired" in exchange(prey.port, late).body
    longer = prey.signer.presigned(get).replace(b"X-Amz-Expires=60", b"X-Amz-Expires=600")
    assert refusal(exchange(prey.port, longer)) == (403, "SignatureDoesNotMatch")
    more = prey.signer.presigned(get, extra="&response-content-type=text/html")
    assert refusal(exchange(prey.port, more)) == (403, "SignatureDoesNotMatch")
    week = prey.signer.presigned(get, expires_s=604_801)
    assert refusal(exchange(prey.port, week)) == (400, "AuthorizationQueryParametersError")


def test_a_session_key_needs_its_own_unchanged_token(prey: Prey) -> None:
    trust = json.dumps(TRUST).replace('"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]', '"AWS": "*"')
    role = prey.client("iam").create_role(RoleName="session", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    prey.client("iam").put_role_policy(RoleName="session", PolicyName="all", PolicyDocument=json.dumps(ALLOW_ALL))
    issued = prey.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    session = replace(
        prey.signer,
        access_key=issued["AccessKeyId"],
        secret_key=issued["SecretAccessKey"],
        token=issued["SessionToken"],
    )
    other = "A" if issued["SessionToken"][20] != "A" else "B"
    changed = issued["SessionToken"][:20] + other + issued["SessionToken"][21:]

    assert exchange(prey.port, session.signed(get_item())).status == 200
    for token in (None, changed, issued["SessionToken"][:-8], "x" * 500, ""):
        answer = refusal(exchange(prey.port, replace(session, token=token).signed(get_item())))
        assert answer == (400, "UnrecognizedClientException"), token


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host",
        "AWS4-HMAC-SHA256 Credential=a/20200101/us-east-1/dynamodb/aws4_request, SignedHeaders=, Signature=",
        "AWS4-HMAC-SHA256 Credential=" + "/" * 5000 + ", SignedHeaders=host, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 " + ",".join(["Signature=" + "0" * 64] * 500),
        "AWS4-ECDSA-P256-SHA256 Credential=a, SignedHeaders=host, Signature=00",
        "AWS AKIA:c2lnbmF0dXJl",
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "Basic QVdTOng=",
    ],
    ids=range(11),
)
def test_an_authorization_that_is_none_is_a_client_error(prey: Prey, authorization: str) -> None:
    good = get_item()
    headers = (*good.headers, ("Host", prey.signer.host), ("Authorization", authorization))

    answer = exchange(prey.port, to_bytes(replace(good, headers=headers)))

    assert answer.status in (400, 403)
    assert answer.elapsed_s < 1


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "POST", "HEAD", "DELETE"])
@pytest.mark.parametrize(
    "authorization",
    [None, "Basic", "Basic !!!!", "Basic QVdTOg==", "Basic QVdTOmZvcmdlZA==", "Bearer x", "Basic " + "A" * 20_000],
    ids=["none", "empty", "garbage", "no-password", "forged", "bearer", "long"],
)
def test_the_registry_refuses_what_ecr_did_not_issue(prey: Prey, method: str, authorization: str | None) -> None:
    headers = [("Host", prey.signer.host)] + ([("Authorization", authorization)] if authorization else [])
    target = "/v2/things/manifests/latest"

    answer = exchange(prey.port, to_bytes(Plain(service="ecr", method=method, target=target, headers=tuple(headers))))

    assert answer.status == 401


def test_signatures_are_compared_to_the_last_digit(prey: Prey) -> None:
    raw = prey.signer.signed(get_item())
    start = raw.index(b"Signature=") + len(b"Signature=")
    for position in (0, 31, 63):
        digit = b"0" if raw[start + position : start + position + 1] != b"0" else b"1"
        changed = raw[: start + position] + digit + raw[start + position + 1 :]
        assert refusal(exchange(prey.port, changed)) == (400, "InvalidSignatureException")


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "X-Forwarded-Host", "X-Amzn-Source-Arn", "X-Amz-Source-Account", "Forwarded", "X-Real-Ip"],
)
def test_a_caller_cannot_say_who_or_where_it_is(prey: Prey, header: str) -> None:
    good = plain(prey, "execute-api")
    forged = replace(good, headers=(*good.headers, (header, "203.0.113.7, for=203.0.113.7")))

    answer = exchange(prey.port, prey.signer.signed(forged))

    context = json.loads(answer.body)
    assert context["http"]["sourceIp"] == "127.0.0.1"
    assert context["authorizer"]["iam"]["userArn"] == "arn:aws:iam::000000000000:root"
    assert "203.0.113.7" not in answer.body.decode()
