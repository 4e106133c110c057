"""The integrations that AWS has, of which the emulator performs a part: a mock can take any one's place.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
"""

from __future__ import annotations

import re
from functools import cache

from mlfn_localstack.services.stepfunctions.integrations.models import operation_model

SERVICE = re.compile(
    r"arn:aws[a-z-]*:states:[a-z0-9-]*:[0-9]*:(?P<type>aws-sdk:[a-z0-9]+|[a-z0-9-]+)"
    r":(?P<action>[A-Za-z0-9]+)(?P<mode>\.sync(?::2)?|\.waitForTaskToken)?"
)
"""The ARN of a service integration."""

_ELSEWHERE = frozenset(
    {
        *("apigateway", "athena", "batch", "bedrock", "codebuild", "databrew", "ecs", "eks", "elasticmapreduce"),
        *("emr-containers", "emr-serverless", "glue", "http", "mediaconvert", "sagemaker"),
    }
)
"""The services of optimised integrations that the emulator performs none of."""
_SDK_NAMES = {
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "cognitoidentity": "cognito-identity",
    "costexplorer": "ce",
    "databasemigration": "dms",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "eventbridge": "events",
    "iotdataplane": "iot-data",
    "lexruntimev2": "lexv2-runtime",
    "sagemakerruntime": "sagemaker-runtime",
    "sfn": "stepfunctions",
}
"""Where botocore calls a service otherwise than the Java SDK does."""


def exists(resource: str) -> bool:
    """Whether AWS has an integration that the emulator does not perform."""
    match = SERVICE.fullmatch(resource)
    if match is None:
        return False
    kind, action = match["type"], match["action"]
    if not kind.startswith("aws-sdk:"):
        return kind in _ELSEWHERE
    service = sdk_service(kind)
    return service is not None and operation_model(service, action[0].upper() + action[1:]) is not None


def sdk_service(kind: str) -> str | None:
    """botocore's name of the service that `aws-sdk:…` means, or None if there is none."""
    name = kind.removeprefix("aws-sdk:")
    return _SDK_NAMES.get(name) or _services().get(name)


@cache
def _services() -> dict[str, str]:
    from botocore.loaders import Loader  # noqa: PLC0415  machines without mocks need no list of services

    return {name.replace("-", ""): name for name in Loader().list_available_services("service-2")}
