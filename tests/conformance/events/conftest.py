"""Functions that log what they get, and who may call them, through boto3."""

from __future__ import annotations

import io
import json
import sys
import time
import zipfile
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures.emulator import LiveEmulator

BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
LOGGING = "import json\ndef handler(event, context):\n    print('GOT', json.dumps(event))"
UNPACKING = """
import base64, gzip, json
def handler(event, context):
    print('GOT', gzip.decompress(base64.b64decode(event['awslogs']['data'])).decode())
"""


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def role(emulator: LiveEmulator, name: str, service: str, statement: dict[str, Any] | None = None) -> str:
    iam = emulator.client("iam")
    arn = str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))["Role"]["Arn"])
    if statement is not None:
        document = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
    return arn


def function(emulator: LiveEmulator, name: str, code: str, statement: dict[str, Any] | None = None) -> str:
    """The ARN of a zip function with a role of its own, active."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("app.py", code)
    runner, client = role(emulator, name, "lambda.amazonaws.com", statement), emulator.client("lambda")
    emulator.client("iam").attach_role_policy(RoleName=name, PolicyArn=BASIC)
    runtime = f"python3.{sys.version_info.minor}"
    created = client.create_function(
        FunctionName=name, Role=runner, Runtime=runtime, Handler="app.handler", Code={"ZipFile": buffer.getvalue()}
    )
    client.get_waiter("function_active_v2").wait(FunctionName=name)
    return str(created["FunctionArn"])


def allow(emulator: LiveEmulator, name: str, principal: str, source: str, **params: Any) -> None:
    emulator.client("lambda").add_permission(
        FunctionName=name,
        StatementId=principal.partition(".")[0],
        Action="lambda:InvokeFunction",
        Principal=principal,
        SourceArn=source,
        **params,
    )


def until(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 45
    while not (value := found()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value


def got(emulator: LiveEmulator, name: str) -> list[Any]:
    """What a function printed after GOT."""

    def search() -> list[Any]:
        try:
            found = emulator.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="GOT")
        except ClientError:
            return []
        return [json.loads(event["message"].partition("GOT ")[2]) for event in found["events"]]

    return list(until(search))
