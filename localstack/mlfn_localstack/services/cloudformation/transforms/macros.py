"""Macros: transforms that functions make.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros-author.html
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.errors import validation_error
from mlfn_localstack.services.cloudformation.parameters import typed

if TYPE_CHECKING:
    from mlfn_localstack.services.cloudformation.state import Stacks
    from mlfn_localstack.services.cloudformation.transforms.expansion import Expansion
    from mlfn_localstack.services.cloudformation.transforms.uses import Use

MACRO = "AWS::CloudFormation::Macro"


def function_of_macro(stacks: Stacks, name: str) -> str | None:
    """The function of a macro that one of the stacks declares."""
    for stack in stacks.all():
        for one in stacks.resources(stack.id).values() if stack.exists else ():
            if one.type == MACRO and one.current is not None and one.current.physical_id == name:
                return str(one.current.properties["FunctionName"])
    return None


async def called(use: Use, fragment: Any, expansion: Expansion) -> Any:
    """What a macro makes of a part of a template.

    Raises:
        ServiceError: ValidationError: there is no such macro, or it fails.
    """
    environment = expansion.environment
    name = f"{environment.account_id}::{use.name}"
    function = expansion.find_macro(use.name)
    if function is None:
        raise validation_error(f"No transform named {name} found.")
    request_id = str(uuid.uuid4())
    asked = {
        "accountId": environment.account_id,
        "fragment": fragment,
        "transformId": name,
        "requestId": request_id,
        "region": environment.region,
        "params": expansion.value(use.parameters),
        "templateParameterValues": typed(expansion.parameters, expansion.declared),
    }
    params = {"FunctionName": function, "InvocationType": "RequestResponse", "Payload": json.dumps(asked).encode()}
    try:
        answer = await expansion.call("lambda", "Invoke", params)
    except ServiceError as error:
        raise validation_error(f"Transform {name} failed with: {error.message}") from error
    return _fragment(answer, name, request_id)


def _fragment(answer: dict[str, Any], name: str, request_id: str) -> Any:
    payload = answer["Payload"]
    response = json.loads(payload if isinstance(payload, bytes) else payload.read())
    if "FunctionError" in answer or not isinstance(response, dict) or response.get("requestId") != request_id:
        raise validation_error(f"Received malformed response from transform {name}")
    if str(response.get("status")).lower() != "success":
        message = response.get("errorMessage")
        why = f"failed with: {message}" if message else "failed without an error message."
        raise validation_error(f"Transform {name} {why}")
    if "fragment" not in response:
        raise validation_error(f"Received malformed response from transform {name}")
    return response["fragment"]
