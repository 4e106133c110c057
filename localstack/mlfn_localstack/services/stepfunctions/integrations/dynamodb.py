"""DynamoDB's optimised integration.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-ddb.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload
from mlfn_localstack.services.stepfunctions.integrations.failures import DYNAMODB, optimised_failure
from mlfn_localstack.services.stepfunctions.integrations.metadata import dynamodb_metadata
from mlfn_localstack.services.stepfunctions.integrations.shapes import to_json, to_params

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.integrations.task import TaskCall

OPERATIONS = ("getItem", "putItem", "updateItem", "deleteItem")


async def request_dynamodb(call: TaskCall) -> Payload:
    """Call the operation that the state's Resource names."""
    action = call.stay.state["Resource"].rsplit(":", 1)[1].split(".")[0]
    operation = action[0].upper() + action[1:]
    params = to_params("dynamodb", operation, call.arguments.value)
    try:
        answer = await call.run.world.call("dynamodb", operation, params, principal=call.role)
    except ServiceError as error:
        raise optimised_failure(error, DYNAMODB, "dynamodb") from error
    return Payload(dynamodb_metadata(to_json("dynamodb", operation, answer)))
