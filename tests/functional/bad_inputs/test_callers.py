"""Callers that pretend: bad signatures, another ingress' events, headers that claim, proofs that prove nothing."""

from __future__ import annotations

import base64
import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from mlfn.audit.record import Phase
from mlfn.runtime.sigv4 import Credentials, Request, sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.bad_inputs.conftest import Gate

pytestmark = pytest.mark.xdist_group("bad_inputs")
GOOD = b'{"text": "x"}'
Headers = dict[str, str]


def unsigned(gate: Gate) -> tuple[bytes, Headers]:
    return GOOD, {"Content-Type": "application/json"}


def forged(gate: Gate) -> tuple[bytes, Headers]:
    headers = dict(gate.signed(GOOD).headers.items())
    return GOOD, headers | {"Authorization": headers["Authorization"][:-64] + "0" * 64}


def unknown_key(gate: Gate) -> tuple[bytes, Headers]:
    headers = dict(gate.signed(GOOD).headers.items())
    mine = gate.keys["AWS_ACCESS_KEY_ID"]
    return GOOD, headers | {"Authorization": headers["Authorization"].replace(mine, "AKIAIOSFODNN7EXAMPLE")}


def expired(gate: Gate) -> tuple[bytes, Headers]:
    return GOOD, aged(gate, timedelta(minutes=20))


def from_the_future(gate: Gate) -> tuple[bytes, Headers]:
    return GOOD, aged(gate, timedelta(minutes=-20))


def aged(gate: Gate, age: timedelta) -> Headers:
    """A signature that was right some time ago."""

    parts = urlsplit(gate.url)
    request = Request("POST", parts.path, "", {"host": parts.netloc, "content-type": "application/json"}, GOOD)
    keys = Credentials(gate.keys["AWS_ACCESS_KEY_ID"], gate.keys["AWS_SECRET_ACCESS_KEY"])
    then = time.time() - age.total_seconds()
    sign(request, keys, service="execute-api", region=gate.keys["AWS_REGION"], now_s=then)
    return request.headers


def changed_body(gate: Gate) -> tuple[bytes, Headers]:
    return b'{"text": "y"}', dict(gate.signed(GOOD).headers.items())


def another_service(gate: Gate) -> tuple[bytes, Headers]:
    return GOOD, dict(gate.signed(GOOD, service="sagemaker").headers.items())


def another_region(gate: Gate) -> tuple[bytes, Headers]:
    return GOOD, dict(gate.signed(GOOD, region="eu-west-1").headers.items())


@pytest.mark.parametrize(
    "made",
    [unsigned, forged, unknown_key, expired, from_the_future, changed_body, another_service, another_region],
    ids=lambda made: made.__name__,
)
def test_the_gateway_turns_a_bad_signature_away(gate: Gate, made: Callable[[Gate], tuple[bytes, Headers]]) -> None:
    before = len(gate.records())

    answer = gate.send(*made(gate))

    assert answer.status == 403
    assert "mlfn-record" not in answer.headers
    assert len(gate.records()) == before


def test_a_replay_within_its_time_is_another_call_on_record(gate: Gate) -> None:
    headers = dict(gate.signed(GOOD).headers.items())

    answers = [gate.send(GOOD, headers) for _ in range(2)]

    first, second = (gate.record(answer) for answer in answers)
    assert [answer.status for answer in answers] == [200, 200]
    assert first.invocation != second.invocation
    assert first.input_digest == second.input_digest


@pytest.mark.parametrize(
    ("alias", "event"),
    [
        pytest.param("live", {"version": "2.0", "headers": {}, "requestContext": {"http": {}}}, id="gateway's to live"),
        pytest.param("sfn", {"version": "2.0", "headers": {}, "requestContext": {"http": {}}}, id="gateway's to sfn"),
        pytest.param("live", {"mlfn": 1, "input": "{}", "caller": {"id": "jane"}}, id="state's to live"),
        pytest.param("api", {"mlfn": 1, "input": "{}", "caller": {"id": "jane"}}, id="state's to api"),
        pytest.param("api", {"text": "x"}, id="an input to api"),
        pytest.param("api", {"version": "1.0", "requestContext": {"http": {}}}, id="a REST API's to api"),
        pytest.param("sfn", {"text": "x"}, id="an input to sfn"),
        pytest.param("sfn", {"mlfn": True, "input": 3}, id="almost a state's to sfn"),
    ],
)
def test_an_event_of_another_shape_than_its_alias_takes_is_refused(gate: Gate, alias: str, event: Any) -> None:
    answer = gate.direct(json.dumps(event).encode(), alias=alias)

    record = gate.record(answer)
    assert (record.phase, record.error, record.alias) == (Phase.REJECTED, "WrongIngress", alias)
    assert record.caller is None
    assert record.assurance in (None, 0)


def test_headers_that_claim_change_nothing_about_who_called(gate: Gate) -> None:
    answer = gate.api(
        GOOD,
        X_Forwarded_For="198.51.100.9",
        Forwarded="for=198.51.100.9",
        X_Real_Ip="198.51.100.9",
        Ce_Id="forged",
        Ce_Source="forged",
        Ce_Authid="arn:aws:iam::123456789012:user/jane",
        Traceparent="00-11111111111111111111111111111111-2222222222222222-01",
        Mlfn_Record="forged",
        X_Amzn_Requestid="forged",
    )

    record = gate.record(answer)
    wire = json.dumps(record.to_wire())
    assert answer.status == 200
    assert record.source_ip == "127.0.0.1"
    assert "198.51.100.9" not in wire
    assert "forged" not in wire
    assert "1111111111" not in wire
    assert "jane" not in wire


def token(header: dict[str, str], claims: dict[str, Any]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)]
    return ".".join([*parts, ""])


def claims(gate: Gate, **changes: Any) -> dict[str, Any]:
    arn = f"arn:aws:lambda:{gate.keys['AWS_REGION']}:000000000000:function:gate-dev-rate"
    now = int(time.time())
    made = {"iss": gate.keys["AWS_ENDPOINT_URL"], "aud": arn, "sub": "jane", "iat": now, "exp": now + 300}
    return made | changes


@pytest.mark.parametrize(
    ("header", "changes"),
    [
        pytest.param({"alg": "none"}, {}, id="alg none"),
        pytest.param({"alg": "HS256", "kid": "k"}, {}, id="a shared secret"),
        pytest.param({"alg": "RS256", "kid": "k"}, {"aud": "somebody else"}, id="another audience"),
        pytest.param({"alg": "RS256", "kid": "k"}, {"iss": "https://evil.example"}, id="another issuer"),
        pytest.param({"alg": "RS256", "kid": "k"}, {"exp": 1}, id="expired"),
    ],
)
def test_a_proof_that_proves_nothing_is_refused(gate: Gate, header: dict[str, str], changes: dict[str, Any]) -> None:
    answer = gate.direct(GOOD, custom={"proof": token(header, claims(gate, **changes))})

    record = gate.record(answer)
    assert answer.headers["x-amz-function-error"] == "Unhandled"
    assert (record.phase, record.caller) == (Phase.REJECTED, None)
    assert record.error in ("InvalidProof", "ProofUnavailable")
