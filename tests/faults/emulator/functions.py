"""Functions for fault tests: zip archives whose `bootstrap` is a Runtime API client of its own."""

from __future__ import annotations

import io
import json
import sys
import textwrap
import zipfile
from typing import Any

BOOTSTRAP = """#!{python} -S
import http.client, json, os, sys
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def call(method, path, body=None):
    api.request(method, "/2018-06-01/runtime/invocation/" + path, body)
    answer = api.getresponse()
    return answer.headers, answer.read()
sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
import app
while True:
    headers, event = call("GET", "next")
    path = headers["Lambda-Runtime-Aws-Request-Id"]
    try:
        result = json.dumps(app.handler(json.loads(event), headers))
    except Exception as error:
        call("POST", path + "/error", json.dumps({{"errorType": type(error).__name__, "errorMessage": str(error)}}))
    else:
        call("POST", path + "/response", result)
"""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }
    ],
}
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def archive(code: str) -> bytes:
    """A deployment package that runs `handler(event, headers)` of this code."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, text in {
            "bootstrap": BOOTSTRAP.format(python=sys.executable),
            "app.py": textwrap.dedent(code),
        }.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o755 << 16
            package.writestr(entry, text)
    return buffer.getvalue()


def create_role(iam: Any, name: str = "faults") -> str:
    """The ARN of a role that functions and state machines may take and that may do everything."""
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(ALLOW_ALL))
    arn: str = role["Role"]["Arn"]
    return arn


def create_function(client: Any, name: str, role: str, code: str, **settings: Any) -> str:
    """The ARN of a new function that is ready to be called."""
    wanted = {"Runtime": "provided.al2023", "Handler": "app.handler", "MemorySize": 128, "Timeout": 5}
    function = client.create_function(
        FunctionName=name, Role=role, Code={"ZipFile": archive(code)}, **(wanted | settings)
    )
    client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    arn: str = function["FunctionArn"]
    return arn
