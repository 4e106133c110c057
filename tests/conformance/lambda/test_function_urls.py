"""Function URLs: their settings as AWS was recorded (2022 to 2026), and requests to them as its guide has it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.fixtures.refusals import refused
from tests.fixtures.zip_functions import TRUST, create_function, role_for

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
MISSING = "The resource you requested does not exist."
NOBODY = "Function does not exist"
FORBIDDEN = {
    "Message": "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
}
ANSWERS = """
RESULTS = {
    "/text": "text", "/number": 5, "/list": [1, "a"], "/object": {"a": 1}, "/null": None,
    "/proxy": {"statusCode": 201, "body": "made", "cookies": ["a=b"],
               "headers": {"access-control-allow-origin": "mine"}},
    "/broken": {"statusCode": "x"},
}

def handler(event, context):
    if event["rawPath"] == "/error":
        raise ValueError
    if event["rawPath"] == "/id":
        return context.aws_request_id
    return RESULTS.get(event["rawPath"], event)
"""
CORS = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"]}

Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture(scope="module")
def role(emulator: LiveEmulator) -> str:
    """A role that Lambda may take."""
    return role_for(emulator, "urls")


@pytest.fixture
def client(emulator: LiveEmulator) -> Any:
    """Lambda, as boto3 has it."""
    return emulator.client("lambda")


@pytest.fixture
def name(client: Any, role: str) -> str:
    """A function of its own."""
    name = f"url-{uuid.uuid4().hex[:12]}"
    create_function(client, name, role, ANSWERS)
    return name


def alias(client: Any, name: str, of: str = "live") -> None:
    """An alias of the function."""
    version = client.publish_version(FunctionName=name)["Version"]
    client.create_alias(FunctionName=name, Name=of, FunctionVersion=version)


def permit(client: Any, name: str, auth_type: str = "NONE", principal: str = "*", **more: Any) -> None:
    """Let callers use the URL."""
    on = {"FunctionName": name, "Principal": principal, **more}
    client.add_permission(**on, StatementId="url", Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType=auth_type)
    client.add_permission(**on, StatementId="function", Action="lambda:InvokeFunction", InvokedViaFunctionUrl=True)


def send(url: str, method: str = "GET", body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
    """A request, and the status, headers (in lower case) and body of its answer."""
    asked = urllib.request.Request(url, data=body, method=method, headers=headers or {})  # noqa: S310 - the emulator's
    try:
        answer = urllib.request.urlopen(asked, timeout=30)  # noqa: S310
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, {key.lower(): value for key, value in answer.headers.items()}, answer.read()


def signed(url: str, key: str, secret: str, token: str | None = None) -> dict[str, str]:
    """The headers of a signed GET."""
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials(key, secret, token), "lambda", "us-east-1").add_auth(request)
    return dict(request.headers.items())


def test_a_url_is_made_read_changed_and_deleted(client: Any, name: str) -> None:
    created = client.create_function_url_config(FunctionName=name, AuthType="NONE")
    read = client.get_function_url_config(FunctionName=name)
    updated = client.update_function_url_config(FunctionName=name, AuthType="AWS_IAM", Cors=CORS)
    deleted = client.delete_function_url_config(FunctionName=name)

    assert created["ResponseMetadata"]["HTTPStatusCode"] == 201
    del created["ResponseMetadata"], read["ResponseMetadata"], updated["ResponseMetadata"]
    assert set(created) == {"FunctionUrl", "FunctionArn", "AuthType", "CreationTime"}
    assert read == {**created, "InvokeMode": "BUFFERED", "LastModifiedTime": created["CreationTime"]}
    assert updated == {**created, "AuthType": "AWS_IAM", "Cors": CORS, "LastModifiedTime": updated["LastModifiedTime"]}
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(client.get_function_url_config, FunctionName=name)[2] == MISSING


def test_a_function_and_each_alias_have_one_url_each(client: Any, name: str) -> None:
    alias(client, name)
    for qualifier in ({}, {"Qualifier": "live"}):
        client.create_function_url_config(FunctionName=name, AuthType="NONE", **qualifier)

    listed = client.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]
    again = refused(client.create_function_url_config, FunctionName=name, AuthType="NONE", Qualifier="live")
    client.delete_function_url_config(FunctionName=name)

    assert [each["FunctionArn"] for each in listed] == [f"{ARN}{name}", f"{ARN}{name}:live"]
    text = (
        f"Failed to create function url config for [functionArn = {ARN}{name}:live]. "
        "Error message:  FunctionUrlConfig exists for this Lambda function"
    )
    assert again == (409, "ResourceConflictException", text)
    (left,) = client.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]
    assert left == listed[1]


def test_an_address_outlives_its_alias_but_not_its_function(client: Any, name: str) -> None:
    alias(client, name)
    client.create_function_url_config(FunctionName=name, AuthType="NONE", Qualifier="live")
    permit(client, name, Qualifier="live")
    client.delete_alias(FunctionName=name, Name="live")

    left = client.get_function_url_config(FunctionName=name, Qualifier="live")
    answer = send(left["FunctionUrl"])
    client.delete_function(FunctionName=name)

    assert answer[0] == 403
    assert refused(client.get_function_url_config, FunctionName=name, Qualifier="live")[2] == MISSING


@pytest.mark.parametrize("operation", ["create", "update"])
def test_a_url_needs_a_function_or_an_alias(client: Any, name: str, operation: str) -> None:
    call, expected = getattr(client, f"{operation}_function_url_config"), (404, "ResourceNotFoundException", NOBODY)

    assert refused(call, FunctionName="nobody", AuthType="NONE") == expected
    assert refused(call, FunctionName=name, Qualifier="nothing", AuthType="NONE") == expected
    assert refused(client.list_function_url_configs, FunctionName="nobody") == expected


def test_only_addresses_that_exist_are_read_changed_and_deleted(client: Any, name: str) -> None:
    for call in (
        client.get_function_url_config,
        client.delete_function_url_config,
        client.update_function_url_config,
    ):
        assert refused(call, FunctionName=name) == (404, "ResourceNotFoundException", MISSING)


@pytest.mark.parametrize("qualifier", ["1", "$LATEST"])
def test_versions_have_no_urls(client: Any, name: str, qualifier: str) -> None:
    text = (
        f"1 validation error detected: Value '{qualifier}' at 'qualifier' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: ((?!^\d+$)^[0-9a-zA-Z-_]+$)"
    )

    for call in (client.create_function_url_config, client.update_function_url_config):
        assert refused(call, FunctionName=name, AuthType="NONE", Qualifier=qualifier)[1:] == (
            "ValidationException",
            text,
        )


def test_answers_are_not_streamed(client: Any, name: str) -> None:
    unknown = refused(client.create_function_url_config, FunctionName=name, AuthType="NONE", InvokeMode="TRICKLE")
    streamed = refused(
        client.create_function_url_config, FunctionName=name, AuthType="NONE", InvokeMode="RESPONSE_STREAM"
    )

    assert unknown[2].endswith("Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]")
    assert "RESPONSE_STREAM" in streamed[2]


def test_a_public_url_hands_the_request_over(client: Any, name: str) -> None:
    url = client.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    permit(client, name)

    status, headers, body = send(f"{url}a%20b/c?x=1&x=2", "POST", b'{"a": 1}', {"cookie": "k=v", "x-own": "y"})

    event = json.loads(body)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "$default", "/a%20b/c")
    assert (event["rawQueryString"], event["queryStringParameters"]) == ("x=1&x=2", {"x": "1,2"})
    assert (event["cookies"], event["headers"]["x-own"]) == (["k=v"], "y")
    assert (event["body"], event["isBase64Encoded"]) == ("eyJhIjogMX0=", True)
    context = event["requestContext"]
    assert (context["accountId"], context["stage"], context["http"]["method"]) == ("anonymous", "$default", "POST")
    assert context["requestId"] == headers["x-amzn-requestid"]
    assert "authorizer" not in context
    assert "pathParameters" not in event


def test_the_host_can_name_the_url_as_on_aws(client: Any, name: str) -> None:
    url = client.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    permit(client, name)
    base, _, url_id = url.rstrip("/").rpartition("/_aws/lambda-url/")
    host = f"{url_id}.lambda-url.us-east-1.on.aws"

    event = json.loads(send(f"{base}/a", headers={"host": host})[2])

    assert (event["rawPath"], event["headers"]["x-forwarded-port"]) == ("/a", "80")
    assert (event["requestContext"]["domainName"], event["requestContext"]["domainPrefix"]) == (host, url_id)


def test_results_are_answers(client: Any, name: str) -> None:
    url = client.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    permit(client, name)

    for path, status, body in (
        ("text", 200, b"text"),
        ("number", 200, b"5"),
        ("list", 200, b'[1, "a"]'),
        ("object", 200, b'{"a": 1}'),
        ("null", 200, b"null"),
        ("proxy", 201, b"made"),
        ("broken", 502, b"Internal Server Error"),
        ("error", 502, b"Internal Server Error"),
    ):
        answer = send(f"{url}{path}")
        assert (answer[0], answer[1]["content-type"], answer[2]) == (status, "application/json", body), path

    _, headers, body = send(f"{url}id")
    assert headers["x-amzn-requestid"] == body.decode()
    assert send(f"{url}proxy")[1]["set-cookie"] == "a=b"


def test_a_public_url_needs_both_permissions(client: Any, name: str) -> None:
    url = client.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]

    without = send(url)
    permit(client, name)
    with_both = send(url)[0]
    client.remove_permission(FunctionName=name, StatementId="function")
    with_one = send(url)[0]

    assert (without[0], json.loads(without[2])) == (403, FORBIDDEN)
    assert without[1]["x-amzn-errortype"] == "AccessDeniedException"
    assert (with_both, with_one) == (200, 403)


def test_a_permission_for_another_way_to_ask_does_not_count(client: Any, name: str) -> None:
    url = client.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    permit(client, name, "AWS_IAM")

    assert send(url)[0] == 403


def test_a_url_that_asks_who_calls_takes_signatures_only(emulator: LiveEmulator, client: Any, name: str) -> None:
    url = client.create_function_url_config(FunctionName=name, AuthType="AWS_IAM")["FunctionUrl"]
    key, secret = emulator.credentials.access_key, emulator.credentials.secret_key

    status, _, body = send(url, headers=signed(url, key, secret))

    event = json.loads(body)
    assert (status, event["requestContext"]["authorizer"]["iam"]["userArn"]) == (200, "arn:aws:iam::000000000000:root")
    assert event["requestContext"]["accountId"] == "000000000000"
    assert "authorization" not in event["headers"]
    for headers in ({}, signed(url, key, "wrong"), signed(url, "AKIAWRONG", secret)):
        answer = send(url, headers=headers)
        assert (answer[0], json.loads(answer[2])) == (403, FORBIDDEN)


def test_a_role_calls_the_url_it_is_let_to(emulator: LiveEmulator, client: Any, name: str) -> None:
    url = client.create_function_url_config(FunctionName=name, AuthType="AWS_IAM")["FunctionUrl"]
    iam, trust = emulator.client("iam"), TRUST.replace('"Service": "lambda.amazonaws.com"', '"AWS": "000000000000"')
    caller = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    session = emulator.client("sts").assume_role(RoleArn=caller, RoleSessionName="caller")["Credentials"]
    keys = (session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])

    before = send(url, headers=signed(url, *keys))[0]
    actions = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": f"{ARN}{name}"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy)
    after = send(url, headers=signed(url, *keys))[0]

    assert (before, after) == (403, 200)


def test_a_url_nobody_has_answers_nothing(client: Any, name: str) -> None:
    url = client.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    permit(client, name)
    client.delete_function_url_config(FunctionName=name)

    status, headers, body = send(url)

    assert (status, headers["x-amzn-errortype"], body) == (403, "AccessDeniedException", b'{"Message":null}')


def test_browsers_are_told_which_origins_may_ask(client: Any, name: str) -> None:
    url = client.create_function_url_config(FunctionName=name, AuthType="NONE", Cors=CORS)["FunctionUrl"]
    permit(client, name)
    origin, asks = {"origin": "https://a.example"}, {"access-control-request-method": "GET"}

    preflight = send(url, "OPTIONS", headers={**origin, **asks})
    answer = send(f"{url}proxy", headers=origin)
    other = send(f"{url}proxy", headers={"origin": "https://b.example"})

    assert (preflight[0], preflight[1]["access-control-allow-methods"]) == (200, "GET")
    assert preflight[1]["access-control-allow-origin"] == "https://a.example"
    assert answer[1]["access-control-allow-origin"] == "https://a.example"
    assert "access-control-allow-origin" not in other[1]


def test_signatures_are_not_looked_at_where_nobody_asks_who_calls(client: Any, name: str) -> None:
    url = client.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    permit(client, name)

    assert send(url, headers=signed(url, "AKIAANY", "any"))[0] == 200


def test_a_stack_gives_a_function_its_url(emulator: LiveEmulator, client: Any, name: str) -> None:
    stacks, stack = emulator.client("cloudformation"), f"stack-{name}"
    properties = {"TargetFunctionArn": name, "AuthType": "NONE", "Cors": CORS}

    def template() -> str:
        outputs = {
            "Ref": {"Value": {"Ref": "Url"}},
            "Url": {"Value": {"Fn::GetAtt": ["Url", "FunctionUrl"]}},
            "Arn": {"Value": {"Fn::GetAtt": ["Url", "FunctionArn"]}},
        }
        return json.dumps(
            {"Resources": {"Url": {"Type": "AWS::Lambda::Url", "Properties": properties}}, "Outputs": outputs}
        )

    stacks.create_stack(StackName=stack, TemplateBody=template())
    stacks.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 0.1})
    outputs = {
        each["OutputKey"]: each["OutputValue"]
        for each in stacks.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    }
    made = client.get_function_url_config(FunctionName=name)
    del properties["Cors"]
    properties["AuthType"] = "AWS_IAM"
    stacks.update_stack(StackName=stack, TemplateBody=template())
    stacks.get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig={"Delay": 0.1})
    changed = client.get_function_url_config(FunctionName=name)
    stacks.delete_stack(StackName=stack)
    stacks.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 0.1})

    assert outputs == {"Ref": f"{ARN}{name}", "Arn": f"{ARN}{name}", "Url": made["FunctionUrl"]}
    assert (made["AuthType"], made["Cors"]) == ("NONE", CORS)
    assert (changed["AuthType"], "Cors" in changed, changed["FunctionUrl"]) == ("AWS_IAM", False, made["FunctionUrl"])
    assert refused(client.get_function_url_config, FunctionName=name)[2] == MISSING
