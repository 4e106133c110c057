"""AWS SDK integrations: any operation of a service the emulator has, `arn:aws:states:::aws-sdk:s3:getObject`.

https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload
from mlfn_localstack.services.stepfunctions.integrations.failures import sdk_failure
from mlfn_localstack.services.stepfunctions.integrations.models import operation_model
from mlfn_localstack.services.stepfunctions.integrations.shapes import sdk_answer, to_json, to_params

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.integrations.task import TaskCall


@dataclass(frozen=True, slots=True)
class SdkService:
    """A service in AWS SDK integrations."""

    name: str
    """botocore's."""
    prefix: str
    """Before the dot in its errors."""


SDK_SERVICES = {
    "apigatewayv2": SdkService("apigatewayv2", "ApiGatewayV2"),
    "cloudformation": SdkService("cloudformation", "CloudFormation"),
    "cloudtrail": SdkService("cloudtrail", "CloudTrail"),
    "cloudwatch": SdkService("cloudwatch", "CloudWatch"),
    "cloudwatchlogs": SdkService("logs", "CloudWatchLogs"),
    "dynamodb": SdkService("dynamodb", "DynamoDb"),
    "ecr": SdkService("ecr", "Ecr"),
    "eventbridge": SdkService("events", "EventBridge"),
    "iam": SdkService("iam", "Iam"),
    "kms": SdkService("kms", "Kms"),
    "lambda": SdkService("lambda", "Lambda"),
    "s3": SdkService("s3", "S3"),
    "scheduler": SdkService("scheduler", "Scheduler"),
    "secretsmanager": SdkService("secretsmanager", "SecretsManager"),
    "sfn": SdkService("stepfunctions", "Sfn"),
    "sns": SdkService("sns", "Sns"),
    "sqs": SdkService("sqs", "Sqs"),
    "sts": SdkService("sts", "Sts"),
}


@dataclass(frozen=True, slots=True)
class SdkRequest:
    """A call of one operation."""

    service: SdkService
    action: str

    @property
    def operation(self) -> str:
        """The operation's API name."""
        return self.action[0].upper() + self.action[1:]

    def known(self) -> bool:
        """Whether AWS has such an operation."""
        return operation_model(self.service.name, self.operation) is not None

    async def __call__(self, call: TaskCall) -> Payload:
        """The operation's answer."""
        name = self.service.name
        params = to_params(name, self.operation, call.arguments.value)
        try:
            answer = await call.run.world.call(name, self.operation, params, principal=call.role)
        except ServiceError as error:
            raise sdk_failure(error, self.service.prefix, name, self.operation) from error
        return Payload(to_json(name, self.operation, sdk_answer(name, self.operation, answer)))
