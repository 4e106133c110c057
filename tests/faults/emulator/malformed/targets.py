"""One good request for each protocol, and what they need."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from tests.faults.emulator.functions import create_function, create_role
from tests.faults.emulator.killable import KillableEmulator
from tests.faults.emulator.malformed.signing import Headers, Plain, Signer, to_bytes

_ECHO = """
import json
def handler(event, headers):
    return {"statusCode": 200, "body": json.dumps((event or {}).get("requestContext", "fine"))}
"""
_TEMPLATE = '{"Resources": {"A": {"Type": "AWS::Logs::LogGroup"}}}'
_MACHINE = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
_FORM: Headers = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A request that is answered with 200 if nobody tampers with it."""

    protocol: str
    raw: bytes


def json_call(service: str, operation: str, body: bytes | dict[str, Any], *, version: str = "1.0") -> Plain:
    """A request of the JSON protocol; `operation` with its target prefix."""
    headers = (("Content-Type", f"application/x-amz-json-{version}"), ("X-Amz-Target", operation))
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Plain(service=service, method="POST", target="/", headers=headers, body=data)


def get_item() -> Plain:
    """A read of one item of the table `things`."""
    return json_call("dynamodb", "DynamoDB_20120810.GetItem", {"TableName": "things", "Key": {"pk": {"S": "a"}}})


def root_signer(emulator: KillableEmulator) -> Signer:
    """The signer with the root key."""
    key = json.loads((emulator.state_dir / "credentials.json").read_text())
    return Signer(host=f"127.0.0.1:{emulator.port}", access_key=key["access_key"], secret_key=key["secret_key"])


def plain_targets(api: str) -> dict[str, Plain]:
    """Good requests by protocol."""
    invoke = "/2015-03-31/functions/echo/invocations"
    return {
        "json": get_item(),
        "query": Plain(
            service="iam",
            method="POST",
            target="/",
            headers=_FORM,
            body=b"Action=GetRole&Version=2010-05-08&RoleName=targets",
        ),
        "rest-json": Plain(service="lambda", method="POST", target=invoke, body=b'{"a": [1, 2.5, "three"]}'),
        "rest-xml": Plain(
            service="s3", method="PUT", target="/things-bucket/dir/key%20one", body=b"content", headers=_META
        ),
        "execute-api": Plain(
            service="execute-api", method="POST", target=f"/_aws/execute-api/{api}/hello?a=1&b=2", body=b'{"a": 1}'
        ),
    }


_META: Headers = (("Content-Type", "text/plain"), ("x-amz-meta-colour", "blue"))


def prepare(emulator: KillableEmulator) -> str:
    """Make what the good requests need; the id of the API behind them."""
    client = emulator.client
    role = create_role(client("iam"), "targets")
    create_function(client("lambda"), "echo", role, _ECHO)
    client("dynamodb").create_table(
        TableName="things",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client("s3").create_bucket(Bucket="things-bucket")
    client("s3").put_object(Bucket="things-bucket", Key="first", Body=b"x")
    client("ecr").create_repository(repositoryName="things")
    client("sns").create_topic(Name="things")
    client("sqs").create_queue(QueueName="things")
    client("sqs").create_queue(QueueName="things.fifo", Attributes={"FifoQueue": "true"})
    client("iam").create_user(UserName="things")
    client("logs").create_log_group(logGroupName="/things")
    client("logs").create_log_stream(logGroupName="/things", logStreamName="things")
    client("cloudformation").create_stack(StackName="things", TemplateBody=_TEMPLATE)
    client("stepfunctions").create_state_machine(name="things", definition=_MACHINE, roleArn=role)
    return _create_api(client("apigatewayv2"), client("lambda"))


def targets(emulator: KillableEmulator, api: str) -> list[Target]:
    """Every good request, signed now."""
    signer = root_signer(emulator)
    signed = [Target(protocol=name, raw=signer.signed(plain)) for name, plain in plain_targets(api).items()]
    return [*signed, Target(protocol="registry", raw=_registry(emulator, signer.host))]


def _registry(emulator: KillableEmulator, host: str) -> bytes:
    answer = emulator.client("ecr").get_authorization_token()
    token = answer["authorizationData"][0]["authorizationToken"]
    assert base64.b64decode(token).startswith(b"AWS:")
    headers = (("Host", host), ("Authorization", f"Basic {token}"))
    return to_bytes(Plain(service="ecr", method="GET", target="/v2/things/tags/list", headers=headers))


def _create_api(api_gateway: Any, lambda_client: Any) -> str:
    api: str = api_gateway.create_api(Name="targets", ProtocolType="HTTP")["ApiId"]
    function = lambda_client.get_function(FunctionName="echo")["Configuration"]["FunctionArn"]
    integration = api_gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )
    api_gateway.create_route(
        ApiId=api,
        RouteKey="POST /hello",
        AuthorizationType="AWS_IAM",
        Target=f"integrations/{integration['IntegrationId']}",
    )
    api_gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    lambda_client.add_permission(
        FunctionName="echo", StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    return api
