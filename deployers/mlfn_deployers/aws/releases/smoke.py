"""A new version is called once before anybody else's call reaches it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn.errors import DeployError
from mlfn_engine.values import ModelSource

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

    from mlfn_engine.values import Function

REFUSED = b'{"smoke test": 1, "smoke test": 2}'
"""Nothing a model takes (a key twice), but what a sound one answers itself: its code loads, and its contract holds."""
EXPECTED = frozenset({"ContractError", "WrongIngress", "AccessDenied"})


def smoke_test(client: LambdaClient, function: Function, version: str, *, needs_example: bool) -> bool:
    """Call a version with the model's declared example; without one (unless it is needed) see that it starts.

    False: there was nothing to call it with.

    Raises:
        DeployError: it fails.
    """
    example = function.source.model.example if isinstance(function.source, ModelSource) else None
    if example is None and needs_example:
        return False
    payload = example.encode() if example is not None else REFUSED
    answer: Any = client.invoke(FunctionName=function.name, Qualifier=version, Payload=payload)
    if "FunctionError" not in answer:
        return True
    problem = _problem(answer["Payload"].read())
    if example is None and problem.get("errorType") in EXPECTED:
        return True
    told = f"{problem.get('errorType', answer['FunctionError'])}: {problem.get('errorMessage', '')}"
    what = "does not take its example" if example is not None else "does not start"
    raise DeployError(
        f"Version {version} of {function.key} {what}: {told}",
        hint=f"What answered before still answers. See why with: mlfn logs {function.key}",
    )


def _problem(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
