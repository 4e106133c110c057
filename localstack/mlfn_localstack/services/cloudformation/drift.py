"""Drift: how the real resources of a stack differ from what its template asked for.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.cloudformation.resources import resource_type
from mlfn_localstack.services.cloudformation.resources.handler import UnreadableError
from mlfn_localstack.services.cloudformation.state import now
from mlfn_localstack.services.cloudformation.work import SYSTEM_TAGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlfn_localstack.services.cloudformation.state import Incarnation, Resource
    from mlfn_localstack.services.cloudformation.work import Work

Drift = dict[str, Any]
"""A StackResourceDrift, its time as text."""


async def detect(work: Work, resource: Resource) -> Drift | None:
    """One resource's drift, or None if its type has no drift detection."""
    current = resource.current
    if current is None:
        return None
    request = work.request(resource, current.properties)
    try:
        actual = await resource_type(current.type).read(request, current.physical_id)
    except UnreadableError:
        return None
    return _drift(work, resource, current, actual)


def _drift(work: Work, resource: Resource, current: Incarnation, actual: Mapping[str, Any] | None) -> Drift:
    drift: Drift = {
        "StackId": work.stack.id,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": current.physical_id,
        "ResourceType": current.type,
        "Timestamp": now(),
    }
    if actual is None:
        return drift | {"StackResourceDriftStatus": "DELETED", "PropertyDifferences": []}
    # what a type cannot read back, such as code, is not compared, as in AWS
    expected = {name: value for name, value in current.properties.items() if name in actual}
    compared = {name: _without_system_tags(actual[name]) if name == "Tags" else actual[name] for name in expected}
    found = list(differences(expected, compared))
    return drift | {
        "StackResourceDriftStatus": "MODIFIED" if found else "IN_SYNC",
        "ExpectedProperties": _text(expected),
        "ActualProperties": _text(compared),
        "PropertyDifferences": found,
    }


def _without_system_tags(tags: Any) -> Any:
    if isinstance(tags, dict):
        return {key: value for key, value in tags.items() if not key.startswith(SYSTEM_TAGS)}
    if not isinstance(tags, list):
        return tags
    return [tag for tag in tags if not str(tag.get("Key", "")).startswith(SYSTEM_TAGS)]


def differences(expected: Any, actual: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Every property that was added, removed or changed, by its JSON pointer."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name in sorted(expected.keys() | actual.keys()):
            where = f"{path}/{name}"
            wanted, is_now = expected.get(name), actual.get(name)
            if wanted is not None and is_now is not None:
                yield from differences(wanted, is_now, where)
            elif wanted is not None or is_now is not None:
                yield _difference(where, wanted, is_now, "ADD" if wanted is None else "REMOVE")
    elif _comparable(expected) != _comparable(actual):
        yield _difference(path, expected, actual, "NOT_EQUAL")


def _difference(path: str, expected: Any, actual: Any, kind: str) -> dict[str, str]:
    shown = {"ExpectedValue": _text(expected), "ActualValue": _text(actual)}
    return {"PropertyPath": path, **shown, "DifferenceType": kind}


def _comparable(value: Any) -> Any:
    """A value in a form in which the order of sets and the spelling of numbers do not matter."""
    if isinstance(value, list):
        return sorted(json.dumps(_comparable(item), sort_keys=True) for item in value)
    if isinstance(value, dict):
        return {key: _comparable(item) for key, item in value.items()}
    return str(value).lower() if isinstance(value, bool) else str(value)


def _text(value: Any) -> str:
    if value is None:
        return "null"
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), sort_keys=True)
