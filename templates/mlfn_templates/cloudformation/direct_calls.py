"""The policy that keeps everybody but API Gateway and the pipelines from calling what is theirs to call."""

from __future__ import annotations

import json


def deny_direct(app: str, stage: str) -> str:
    """A service control policy, or a permissions boundary, for the accounts or principals of an app's stage.

    Service principals such as API Gateway's are subject to neither; the pipelines' roles are, and are left out by name.
    """
    functions = f"arn:aws:lambda:*:*:function:{app}-{stage}-*"
    roles = f"arn:aws:iam::*:role/{app}-{stage}-*"
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "AnythingElse", "Effect": "Allow", "Action": "*", "Resource": "*"},
            {
                "Sid": "OnlyTheGatewayCallsApi",
                "Effect": "Deny",
                "Action": "lambda:InvokeFunction",
                "Resource": f"{functions}:api",
            },
            {
                "Sid": "OnlyPipelinesCallSfn",
                "Effect": "Deny",
                "Action": "lambda:InvokeFunction",
                "Resource": f"{functions}:sfn",
                "Condition": {"ArnNotLike": {"aws:PrincipalArn": roles}},
            },
        ],
    }
    return json.dumps(policy, indent=2) + "\n"
