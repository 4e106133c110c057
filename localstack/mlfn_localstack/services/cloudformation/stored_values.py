"""Values that a template leaves to the Parameter Store and Secrets Manager.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.errors import validation_error
from mlfn_localstack.services.cloudformation.parameters import STORED_TYPES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from mlfn_localstack.service import Result
    from mlfn_localstack.services.cloudformation.parameters import Declared

    Call = Callable[[str, str, dict[str, Any]], Awaitable[Result]]

_REFERENCE = re.compile(r"\{\{resolve:([a-z-]+):([^{}]*)\}\}")
_BATCH = 10


async def stored_parameters(call: Call, declared: Declared, values: Mapping[str, str]) -> dict[str, str]:
    """What the Parameter Store holds for the parameters whose values name something in it.

    Raises:
        ServiceError: ValidationError: it holds nothing there, or a secret.
    """
    names = {key: name for key, name in values.items() if declared[key]["Type"] in STORED_TYPES}
    found = await _fetch(call, sorted(set(names.values()))) if names else {}
    return {key: found[name] for key, name in names.items()}


async def _fetch(call: Call, names: list[str]) -> dict[str, str]:
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(names), _BATCH):
        asked = names[start : start + _BATCH]
        answer = await call("ssm", "GetParameters", {"Names": asked})
        found |= {one["Name"] + one.get("Selector", ""): one for one in answer["Parameters"]}
    missing = [name for name in names if name not in found]
    if missing:
        raise validation_error(
            f"Unable to fetch parameters [{','.join(missing)}] from parameter store for this account."
        )
    secret = [name for name, one in found.items() if one["Type"] == "SecureString"]
    if secret:
        raise validation_error(
            f"Parameters [{','.join(secret)}] referenced by template have types not supported by CloudFormation."
        )
    return {name: str(one["Value"]) for name, one in found.items()}


async def resolved(node: Any, call: Call, place: str) -> Any:
    """A resource's properties with what its dynamic references stand for; `place` names the resource type.

    Raises:
        ServiceError: one of them stands for nothing.
    """
    if isinstance(node, str):
        return await _resolved_text(node, call, place) if "{{resolve:" in node else node
    if isinstance(node, dict):
        return {key: await resolved(value, call, f"{place}/{key}") for key, value in node.items()}
    return [await resolved(item, call, place) for item in node] if isinstance(node, list) else node


async def _resolved_text(text: str, call: Call, place: str) -> str:
    values = {}
    for found in _REFERENCE.finditer(text):
        service, rest = found[1], found[2]
        match service:
            case "ssm":
                values[found[0]] = (await _fetch(call, [rest]))[rest]
            case "secretsmanager":
                values[found[0]] = await _secret(call, rest)
            case "ssm-secure":
                raise validation_error(f"SSM Secure reference is not supported in: [{place}]")
            case _:
                raise validation_error(f"Incorrect format is used in the following dynamic reference: [{found[0]}]")
    return _REFERENCE.sub(lambda found: values[found[0]], text)


async def _secret(call: Call, rest: str) -> str:
    """`secret-id:SecretString:json-key:version-stage:version-id`, where the id may be an ARN."""
    head, _, tail = rest.partition(":SecretString")
    _, key, stage, version = (*tail.split(":"), "", "", "")[:4]
    asked = {"SecretId": head, "VersionStage": stage, "VersionId": version}
    answer = await call("secretsmanager", "GetSecretValue", {name: value for name, value in asked.items() if value})
    text = str(answer.get("SecretString", ""))
    return _member(text, key) if key else text


def _member(text: str, key: str) -> str:
    try:
        value = json.loads(text)[key]
    except (ValueError, KeyError, TypeError) as error:
        message = "Could not find a value associated with JSONKey in SecretString"
        raise ServiceError("InvalidRequest", message) from error
    return value if isinstance(value, str) else json.dumps(value)
