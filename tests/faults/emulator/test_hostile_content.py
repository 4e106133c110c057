"""Well signed requests whose content is an attack."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from tests.faults.emulator.conftest import Prey
from tests.faults.emulator.malformed.signing import Plain
from tests.faults.emulator.malformed.targets import get_item, json_call
from tests.faults.emulator.malformed.wire import HANG_S, Answer, exchange

NINES = "9" * 4301
JSON = {
    "empty": b"",
    "not-json": b"{",
    "array": b"[]",
    "string": b'"x"',
    "null": b"null",
    "nan": b'{"TableName": NaN}',
    "infinity": b'{"Limit": -Infinity}',
    "1e999": b'{"Limit": 1e999}',
    "4301-digits": b'{"Limit": %s}' % NINES.encode(),
    "depth-1000": b'{"Limit": ' + b"[" * 1000 + b"]" * 1000 + b"}",
    "depth-100000": b"[" * 100_000,
    "objects-100000-deep": b'{"a":' * 100_000,
    "lone-surrogate": b'{"ExclusiveStartTableName": "\\ud800"}',
    "lone-surrogate-raw": b'{"ExclusiveStartTableName": "\xed\xa0\x80"}',
    "nul": b'{"ExclusiveStartTableName": "a\\u0000b"}',
    "bare-nul": b'{"a": "\0"}',
    "bom": b"\xef\xbb\xbf{}",
    "utf-16": "{}".encode("utf-16"),
    "latin-1": b'{"ExclusiveStartTableName": "\xe9"}',
    "single-quotes": b"{'Limit': 1}",
    "trailing-comma": b'{"Limit": 1,}',
    "trailing-garbage": b'{"Limit": 1} {"Limit": 2}',
    "float-for-integer": b'{"Limit": 1.5}',
    "string-for-integer": b'{"Limit": "1"}',
    "true-for-integer": b'{"Limit": true}',
    "gzip": gzip.compress(b"{}"),
}
BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
XML = {
    "empty": b"",
    "not-xml": b"<",
    "unclosed": b"<Delete><Object>",
    "billion-laughs": f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{BOMB}]><Delete>&a11;</Delete>'.encode(),
    "quadratic": b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 50_000 + b'">]><Delete>' + b"&a;" * 50_000 + b"</Delete>",
    "external-entity": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&a;</Key></Object></Delete>',
    "external-dtd": b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><Delete><Object><Key>a</Key></Object></Delete>',
    "parameter-entity": b'<!DOCTYPE x [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><Delete/>',
    "depth-100000": b"<a>" * 100_000,
    "other-root": b"<Other/>",
    "utf-7": b'<?xml version="1.0" encoding="utf-7"?>+ADw-Delete/+AD4-',
    "utf-16": "<Delete/>".encode("utf-16"),
    "nul": b"<Delete>\0</Delete>",
    "100000-attributes": b"<Delete " + b" ".join(b'a%d="x"' % n for n in range(100_000)) + b"/>",
}

pytestmark = pytest.mark.xdist_group("emulator-hostile-content")


def assert_refused(answer: Answer) -> None:
    """A client error, at once."""
    assert answer.status is not None
    assert 400 <= answer.status < 500, answer.raw[:400]
    assert answer.elapsed_s < HANG_S
    assert b"root:" not in answer.raw


def send(prey: Prey, plain: Plain) -> Answer:
    return exchange(prey.port, prey.signer.signed(plain))


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize("operation", ["DynamoDB_20120810.ListTables", "AWSStepFunctions.CreateStateMachine"])
def test_json_that_is_an_attack_is_refused(prey: Prey, operation: str, name: str) -> None:
    service = "dynamodb" if operation.startswith("Dynamo") else "states"
    if (name, service) == ("empty", "dynamodb"):
        pytest.skip("no body is an empty object there")

    assert_refused(send(prey, json_call(service, operation, JSON[name])))


@pytest.mark.parametrize(
    "name", [name for name in JSON if name not in ("empty", "array", "string", "null", "nul", "gzip")]
)
def test_an_event_that_is_no_json_is_refused(prey: Prey, name: str) -> None:
    target = "/2015-03-31/functions/echo/invocations"
    answer = send(prey, Plain(service="lambda", method="POST", target=target, body=JSON[name]))

    assert answer.elapsed_s < HANG_S
    assert answer.status in (200, 400), answer.raw[:300]  # 200: a document that only DynamoDB's model refuses


@pytest.mark.parametrize("name", XML)
@pytest.mark.parametrize(
    "target", ["/things-bucket?delete=", "/things-bucket/a?uploadId=x", "/things-bucket?versioning="]
)
def test_xml_that_is_an_attack_is_refused(prey: Prey, target: str, name: str) -> None:
    method = "PUT" if "versioning" in target else "POST"
    plain = Plain(service="s3", method=method, target=target, body=XML[name])

    assert_refused(send(prey, plain))


@pytest.mark.parametrize(
    "template",
    [
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{c}: &{c} [{','.join(['*' + p] * 9)}]\n" for p, c in zip("abcdefg", "bcdefgh", strict=True)),
        "Resources: {A: &a {Type: 'AWS::Logs::LogGroup', Properties: *a}}",
        "Resources: !!python/object/apply:os.system ['touch /tmp/owned']",
        "{" * 5000,
        '{"a":' * 8000,
        "[" * 40_000,
        "- " * 20_000,
        f"Resources: {NINES}",
        "Resources: {A: {Type: 'AWS::Logs::LogGroup', Properties: {RetentionInDays: .nan}}}",
        "%YAML 9.9\n---\n{}",
        "\t\t\0",
        '{"Resources": {"A": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": {"Fn::Sub": "'
        + "${A" * 5000
        + '"}}}}}',
        '{"Resources": {"A": {"Type": "AWS::Logs::LogGroup", "DependsOn": "A"}}}',
        '{"Resources": {"A": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "../../x y"}}}}',
    ],
    ids=[
        *("aliases", "recursive", "python", "braces", "json-deep", "yaml-deep", "dashes", "digits", "nan", "version"),
        *("control", "subs", "cycle", "name"),
    ],
)
def test_a_hostile_template_does_no_harm(prey: Prey, template: str) -> None:
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    data = f"Action=ValidateTemplate&Version=2010-05-15&TemplateBody={quote(template)}".encode()
    answer = send(prey, Plain(service="cloudformation", method="POST", target="/", headers=form, body=data))

    assert answer.elapsed_s < HANG_S
    assert answer.status in (200, 400), answer.raw[:300]  # some are only wrong once they are deployed


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 2000 + "a = :a" + ")" * 2000,
        "NOT " * 1000 + "a = :a",
        " AND ".join(["a = :a"] * 600),
        "a" + "[0]" * 900 + " = :a",
    ],
    ids=["parentheses", "not", "and", "path"],
)
def test_a_deep_expression_is_refused(prey: Prey, expression: str) -> None:
    answer = send(prey, _scan(expression))

    assert_refused(answer)


@pytest.mark.parametrize("size", [4096, 4097])
def test_an_expression_may_have_4096_bytes(prey: Prey, size: int) -> None:
    answer = send(prey, _scan("a = :a" + " " * (size - 6)))

    assert answer.status == (200 if size == 4096 else 400)


def _scan(expression: str) -> Plain:
    values = {":a": {"S": "x"}}
    body = {"TableName": "things", "FilterExpression": expression, "ExpressionAttributeValues": values}
    return json_call("dynamodb", "DynamoDB_20120810.Scan", body)


@pytest.mark.parametrize(
    "item",
    [
        {"N": "1" * 39},
        {"N": "1e126"},
        {"N": "NaN"},
        {"N": "Infinity"},
        {"N": "1" * 100_000},
        {"N": "1e" + "9" * 1000},
        {"S": "x" * 410_000},
        {"SS": []},
        {"SS": ["a", "a"]},
        {"NS": ["1", "1.0"]},
        {"L": [{"L": []}], "S": "two"},
        {},
    ],
    ids=[
        "39-digits",
        "1e126",
        "nan",
        "inf",
        "100000-digits",
        "exponent",
        "400-KB",
        "empty",
        "twice",
        "equal",
        "two",
        "none",
    ],
)
def test_a_value_that_no_table_holds_is_refused(prey: Prey, item: dict[str, Any]) -> None:
    body = {"TableName": "things", "Item": {"pk": {"S": "hostile"}, "a": item}}

    assert_refused(send(prey, json_call("dynamodb", "DynamoDB_20120810.PutItem", body)))


@pytest.mark.parametrize("depth", [32, 33, 1000])
def test_values_nest_32_deep(prey: Prey, depth: int) -> None:
    value = '{"L": [' * (depth - 1) + '{"S": "x"}' + "]}" * (depth - 1)
    body = f'{{"TableName": "things", "Item": {{"pk": {{"S": "deep"}}, "a": {value}}}}}'

    answer = send(prey, json_call("dynamodb", "DynamoDB_20120810.PutItem", body.encode()))

    assert answer.status == (200 if depth == 32 else 400)


NAMES = [
    "../x",
    "..",
    ".",
    "a/../../b",
    "/etc/passwd",
    "a\0b",
    "a\nb",
    "a b",
    "%2e%2e%2fx",
    "é",
    "\u202e",
    "x" * 5000,
    "$(id)",
    "-rf",
]


@pytest.mark.parametrize("name", NAMES, ids=[repr(name)[:20] for name in NAMES])
def test_a_hostile_name_is_refused_and_reaches_no_file(prey: Prey, name: str) -> None:
    before = _names_around(prey)
    calls = {
        "table": lambda: _create_table(prey, name),
        "machine": lambda: _create_machine(prey, name),
        "repository": lambda: prey.client("ecr").create_repository(repositoryName=name),
        "user": lambda: prey.client("iam").create_user(UserName=name),
    }

    refused = {kind for kind, call in calls.items() if _is_refused(call)}

    assert "repository" in refused  # AWS lets users be called `..` and tables `-rf`
    assert _names_around(prey) == before


@pytest.mark.parametrize("name", ["../x", "..", "a/../../b", "a%00b", "%2e%2e%2fx", "é" * 300, "x/" * 300])
def test_a_hostile_object_key_is_only_a_key(prey: Prey, name: str) -> None:
    before = _names_around(prey)
    s3 = prey.client("s3")

    s3.put_object(Bucket="things-bucket", Key=name, Body=b"kept")

    assert s3.get_object(Bucket="things-bucket", Key=name)["Body"].read() == b"kept"
    assert name in [entry["Key"] for entry in s3.list_objects_v2(Bucket="things-bucket")["Contents"]]
    assert _names_around(prey) == before


@pytest.mark.parametrize(("size", "status"), [(6_291_456, 200), (6_291_457, 413)], ids=["6-MB", "6-MB-and-1-byte"])
def test_an_event_may_have_6_mb_and_not_a_byte_more(prey: Prey, size: int, status: int) -> None:
    body = b'"' + b"x" * (size - 2) + b'"'
    target = "/2015-03-31/functions/echo/invocations"

    answer = send(prey, Plain(service="lambda", method="POST", target=target, body=body))

    assert answer.status == status
    if status == 413:
        assert b"RequestEntityTooLargeException" in answer.raw
        assert b"must be smaller than 6291456 bytes for the InvokeFunction operation" in answer.raw


def test_an_asynchronous_event_over_its_limit_is_refused(prey: Prey) -> None:
    with pytest.raises(ClientError) as caught:
        prey.client("lambda").invoke(
            FunctionName="echo", InvocationType="Event", Payload=b'"' + b"x" * 1_048_600 + b'"'
        )

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_a_policy_of_many_wildcards_is_matched_at_once(prey: Prey) -> None:
    iam = prey.client("iam")
    iam.create_user(UserName="wild")
    stars = "arn:aws:dynamodb:*:*:table/" + "*a" * 60 + "*b"
    statement = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": stars}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_user_policy(UserName="wild", PolicyName="wild", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="wild")["AccessKey"]
    signer = replace(prey.signer, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
    body = {"TableName": "a" * 200, "Key": {"pk": {"S": "a"}}}

    answer = exchange(prey.port, signer.signed(json_call("dynamodb", "DynamoDB_20120810.GetItem", body)))

    assert_refused(answer)


def test_a_filter_pattern_of_many_wildcards_is_matched_at_once(prey: Prey) -> None:
    logs = prey.client("logs")
    event = {"timestamp": int(time.time() * 1000), "message": json.dumps({"a": "a" * 20_000})}
    logs.put_log_events(logGroupName="/things", logStreamName="things", logEvents=[event])
    body = {"logGroupName": "/things", "filterPattern": "{ $.a = " + "*a" * 60 + "*b }"}

    answer = send(prey, json_call("logs", "Logs_20140328.FilterLogEvents", body, version="1.1"))

    assert answer.elapsed_s < HANG_S
    assert answer.status in (200, 400)


def test_the_end_of_time_is_an_end_like_any_other(prey: Prey) -> None:
    body = {"logGroupName": "/things", "endTime": 2**63 - 1}

    assert send(prey, json_call("logs", "Logs_20140328.FilterLogEvents", body, version="1.1")).status == 200


@pytest.mark.parametrize("token", ["9" * 4301, "²"], ids=["long", "no digit"])
@pytest.mark.parametrize(
    ("service", "operation", "member"),
    [
        ("logs", "Logs_20140328.DescribeLogGroups", "nextToken"),
        ("ecr", "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories", "nextToken"),
        ("events", "AWSEvents.ListRules", "NextToken"),
    ],
    ids=["logs", "ecr", "events"],
)
def test_a_page_token_of_somebody_else_is_no_failure(
    prey: Prey, service: str, operation: str, member: str, token: str
) -> None:
    answer = send(prey, json_call(service, operation, {member: token}, version="1.1"))

    assert answer.status in (200, 400)


def test_it_still_answers(prey: Prey) -> None:
    assert send(prey, get_item()).status == 200


def _names_around(prey: Prey) -> set[str]:
    """Every name beside and directly inside the state directory."""
    state = prey.emulator.state_dir
    return {path.name for folder in (state, state.parent) for path in folder.iterdir()}


def _is_refused(call: Callable[[], object]) -> bool:
    try:
        call()
    except ParamValidationError:
        return True
    except ClientError as error:
        assert 400 <= error.response["ResponseMetadata"]["HTTPStatusCode"] < 500
        return True
    return False


def _create_table(prey: Prey, name: str) -> None:
    prey.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def _create_machine(prey: Prey, name: str) -> None:
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    prey.client("stepfunctions").create_state_machine(
        name=name, definition=definition, roleArn="arn:aws:iam::000000000000:role/targets"
    )
