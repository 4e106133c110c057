"""Whoever wants to be taken for somebody else: refused where it can be, and never believed."""

from __future__ import annotations

import base64
import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.fixtures.tokens import encoded

from mlfn.audit.record import Phase

if TYPE_CHECKING:
    from tests.functional.identity.conftest import Desk

pytestmark = pytest.mark.xdist_group("identity")
MAY_CALL = {"Action": ["execute-api:Invoke", "lambda:InvokeFunction"], "Resource": "*"}
JANE = "arn:aws:iam::000000000000:user/jane"


def gateway_event(model: str, body: str) -> dict[str, Any]:
    """What API Gateway would send for Jane."""
    return {
        "version": "2.0",
        "routeKey": f"POST /models/{model}",
        "rawPath": f"/models/{model}",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "forged",
            "requestId": f"forged-{uuid.uuid4().hex[:8]}",
            "http": {"method": "POST", "path": f"/models/{model}", "sourceIp": "10.0.0.1"},
            "authorizer": {"iam": {"userArn": JANE}},
        },
        "body": body,
        "isBase64Encoded": False,
    }


def a_task(body: str) -> dict[str, Any]:
    """What a state machine would send for Jane."""
    return {
        "mlfn": 1,
        "input": body,
        "execution": "arn:aws:states:us-east-1:000000000000:express:desk-dev-moods:run:1",
        "state": "mood",
        "retry": 0,
        "redrive": 0,
        "parents": [],
        "caller": {"id": JANE, "type": "iam_user", "assurance": 2},
    }


@pytest.fixture(scope="module")
def insider(desk: Desk) -> dict[str, str]:
    """Somebody whom the account's policies let call everything."""
    return desk.user(f"insider-{uuid.uuid4().hex[:6]}", MAY_CALL)


def test_the_policy_of_each_alias_admits_the_gateway_for_its_route_alone(desk: Desk) -> None:
    functions = desk.client("lambda")
    policy = json.loads(functions.get_policy(FunctionName="desk-dev-mood", Qualifier="api")["Policy"])

    [statement] = policy["Statement"]
    api = desk.api_url.rpartition("/")[2]
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"AWS:SourceAccount": "000000000000"},
        "ArnLike": {"AWS:SourceArn": f"arn:aws:execute-api:us-east-1:000000000000:{api}/*/POST/models/mood"},
    }
    for alias in ("sfn", "live"):
        with pytest.raises(functions.exceptions.ResourceNotFoundException):
            functions.get_policy(FunctionName="desk-dev-mood", Qualifier=alias)


@pytest.mark.parametrize("alias", ["live", "sfn", "1", "$LATEST"])
def test_a_gateways_event_is_refused_on_every_alias_but_api(desk: Desk, insider: dict[str, str], alias: str) -> None:
    answer = desk.invoke("mood", alias, gateway_event("mood", '{"text": "forged"}'), insider)

    record = desk.record("mood", id=answer["record"])
    assert answer["errorType"] == "WrongIngress"
    assert (record.phase, record.caller == JANE) == (Phase.REJECTED, False)
    assert record.assurance in {0, 1}


@pytest.mark.parametrize("event", [{"text": "bare"}, a_task('{"text": "task"}'), "text", []], ids=repr)
def test_anything_but_a_gateways_event_is_refused_on_api(desk: Desk, insider: dict[str, str], event: Any) -> None:
    answer = desk.invoke("mood", "api", event, insider)

    record = desk.record("mood", id=answer["headers"]["mlfn-record"])
    assert (answer["statusCode"], json.loads(answer["body"])["title"]) == (403, "WrongIngress")
    assert (record.phase, record.assurance) == (Phase.REJECTED, 0)


def test_a_task_on_live_is_refused(desk: Desk, insider: dict[str, str]) -> None:
    answer = desk.invoke("mood", "live", a_task('{"text": "forged"}'), insider)

    assert answer["errorType"] == "WrongIngress"
    assert desk.record("mood", id=answer["record"]).caller is None


def test_a_gateways_event_that_misses_access_is_refused_even_on_api(desk: Desk, insider: dict[str, str]) -> None:
    answer = desk.invoke("guarded", "api", gateway_event("guarded", '"x"'), insider)

    assert (answer["statusCode"], json.loads(answer["body"])["title"]) == (403, "AccessDenied")


def test_headers_of_a_request_name_nobody(desk: Desk, insider: dict[str, str]) -> None:
    marks = {
        "X-Forwarded-For": "203.0.113.99",
        "Ce-Id": "chosen-id",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-1",
    }

    status, _ = desk.post("/models/mood", '{"text": "marked"}', insider, **marks, **{"X-Amzn-Trace-Id": "Root=1-5-7"})

    record = desk.record("mood", path="http_iam", status="ok")
    told = json.dumps(record.to_wire() if hasattr(record, "to_wire") else str(record))
    assert status == 200
    assert record.source_ip == "127.0.0.1"
    assert not any(value in told for value in ("203.0.113.99", "chosen-id", "0af7651916cd43dd8448eb211c80319c"))


@pytest.mark.parametrize(
    ("name", "status"), [("clerk-ann", 200), ("other-bob", 403)], ids=["named by a wildcard", "not named"]
)
def test_access_decides_after_iam_did(desk: Desk, name: str, status: int) -> None:
    keys = desk.user(f"{name}-{uuid.uuid4().hex[:6]}", MAY_CALL)

    answered, body = desk.post("/models/guarded", '"x"', keys)

    assert (answered, body if status == 200 else body["title"]) == (status, "X" if status == 200 else "AccessDenied")


def token(desk: Desk, audience: str = "desk", algorithm: str = "RS256") -> str:
    answer = desk.client("sts").get_web_identity_token(Audience=[audience], SigningAlgorithm=algorithm)
    return str(answer["WebIdentityToken"])


def test_a_holder_of_a_token_is_let_in_and_recorded_by_issuer_and_subject(desk: Desk) -> None:
    status, body = desk.post("/models/tokened", '"x"', Authorization=f"Bearer {token(desk)}")

    record = desk.record("tokened", status="ok")
    assert (status, body) == (200, "X")
    assert (record.caller_type, record.assurance, record.path) == ("jwt_subject", 2, "http_jwt")
    assert (
        record.caller == f"http://127.0.0.1:{desk.project.port}/_aws/tokens/000000000000|arn:aws:iam::000000000000:root"
    )


def unsigned(given: str) -> str:
    return f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{given.split('.')[1]}."


def for_others(given: str) -> str:
    header, claims, signature = given.split(".")
    changed = json.loads(base64.urlsafe_b64decode(claims + "==")) | {"aud": "desk"}
    return f"{header}.{encoded(changed)}.{signature}"


def of_another_issuer(given: str) -> str:
    header, claims, signature = given.split(".")
    changed = json.loads(base64.urlsafe_b64decode(claims + "==")) | {"iss": "https://evil.example"}
    return f"{header}.{encoded(changed)}.{signature}"


@pytest.mark.parametrize(
    "forge",
    [unsigned, for_others, of_another_issuer, lambda given: given[:-4], lambda _: "", lambda _: "nonsense"],
    ids=["alg none", "claims changed", "another issuer", "truncated", "empty", "nonsense"],
)
def test_a_forged_token_opens_nothing(desk: Desk, forge: Any) -> None:
    audience = "other" if forge is for_others else "desk"

    status, _ = desk.post("/models/tokened", '"x"', Authorization=f"Bearer {forge(token(desk, audience))}")

    assert status == 401


@pytest.mark.parametrize(("audience", "algorithm"), [("other", "RS256"), ("desk", "ES384")])
def test_a_token_of_the_wrong_kind_opens_nothing(desk: Desk, audience: str, algorithm: str) -> None:
    status, _ = desk.post("/models/tokened", '"x"', Authorization=f"Bearer {token(desk, audience, algorithm)}")

    assert status == 401


def test_a_signature_opens_no_route_for_tokens(desk: Desk, insider: dict[str, str]) -> None:
    status, _ = desk.post("/models/tokened", '"x"', insider)

    assert status == 401


def test_claims_in_a_forged_gateway_event_are_checked_again(desk: Desk, insider: dict[str, str]) -> None:
    event = gateway_event("tokened", '"x"')
    event["requestContext"]["authorizer"] = {
        "jwt": {"claims": {"iss": "https://evil.example", "aud": "desk", "sub": "j"}}
    }

    answer = desk.invoke("tokened", "api", event, insider)

    assert (answer["statusCode"], json.loads(answer["body"])["title"]) == (403, "AccessDenied")


def test_the_shipped_policy_leaves_api_and_sfn_to_the_gateway_and_the_pipelines(desk: Desk) -> None:
    policy = desk.project.ok("render", "--deny-direct").out
    iam, name = desk.client("iam"), f"bounded-{uuid.uuid4().hex[:6]}"
    boundary = iam.create_policy(PolicyName=name, PolicyDocument=policy)["Policy"]["Arn"]
    keys = desk.user(name, MAY_CALL)

    before = desk.invoke("mood", "api", gateway_event("mood", '{"text": "forged"}'), keys)
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=boundary)

    assert before["statusCode"] == 200
    for alias, event in (("api", gateway_event("mood", "{}")), ("sfn", a_task("{}"))):
        with pytest.raises(ClientError, match="explicit deny"):
            desk.invoke("mood", alias, event, keys)
    assert desk.invoke("mood", "live", {"text": "fine"}, keys) == {"label": "good", "score": 0.6}
    assert desk.post("/models/mood", '{"text": "fine"}', keys)[0] == 200
    assert desk.post("/pipelines/moods", '[{"text": "fine"}]', keys)[0] == 200


def test_a_boundary_limits_calls_through_the_api_too(desk: Desk) -> None:
    iam, name = desk.client("iam"), f"limited-{uuid.uuid4().hex[:6]}"
    only_s3 = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": only_s3})
    boundary = iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]
    keys = desk.user(name, MAY_CALL)
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=boundary)

    limited = desk.post("/models/mood", '{"text": "fine"}', keys)[0]
    iam.delete_user_permissions_boundary(UserName=name)

    assert (limited, desk.post("/models/mood", '{"text": "fine"}', keys)[0]) == (403, 200)


def test_the_shipped_policy_does_not_stop_the_pipelines_own_role(desk: Desk) -> None:
    policy = desk.project.ok("render", "--deny-direct").out
    iam, states = desk.client("iam"), desk.client("stepfunctions")
    boundary = iam.create_policy(PolicyName=f"own-{uuid.uuid4().hex[:6]}", PolicyDocument=policy)["Policy"]["Arn"]
    [machine] = [each for each in states.list_state_machines()["stateMachines"] if each["name"] == "desk-dev-moods"]
    role = states.describe_state_machine(stateMachineArn=machine["stateMachineArn"])["roleArn"].rpartition("/")[2]
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=boundary)

    assert desk.post("/pipelines/moods", '[{"text": "fine"}]', desk.environ)[0] == 200
    iam.delete_role_permissions_boundary(RoleName=role)
