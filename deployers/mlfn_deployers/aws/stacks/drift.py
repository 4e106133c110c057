"""How the resources of a stack differ from what their stack made, by CloudFormation's own detection."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mlfn_deployers.aws.api.pace import poll_s

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_cloudformation import CloudFormationClient

    from mlfn_engine.values import Target

OURS = frozenset({"AWS::Lambda::Alias"})
"""Which version answers is never the stack's business (releases.md)."""
OUR_VARIABLES = ("/Environment/Variables/MLFN_FAST", "/Environment/Variables/MLFN_IMAGE_DIGEST")
"""A fast deploy's, which the next deploy takes over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifted:
    """A resource that is not as its stack made it."""

    resource: str
    type: str
    physical_id: str
    status: str
    """MODIFIED or DELETED."""
    differences: tuple[tuple[str, str, str], ...]
    """Property path, what the stack made it, what it is."""

    @property
    def told(self) -> str:
        """In words."""
        if not self.differences:
            return "deleted" if self.status == "DELETED" else self.status.lower()
        return "; ".join(f"{path.lstrip('/')}: {was} → {now}" for path, was, now in self.differences)

    def command(self, region: str) -> str:
        """What puts a changed resource back; a deleted one comes back under a new stack only."""
        if self.status == "DELETED":
            return "mlfn destroy && mlfn deploy"
        patch = [{"op": "replace", "path": path, "value": _value(was)} for path, was, _ in self.differences]
        return (
            f"aws cloudcontrol update-resource --region {region} --type-name {self.type} "
            f"--identifier '{self.physical_id}' --patch-document '{json.dumps(patch)}'"
        )


def drifted(client: CloudFormationClient, stack: str, target: Target) -> tuple[Drifted, ...]:
    """What has drifted in a stack; nothing if there is no such stack, or it is in no state to be looked at."""
    try:
        detection = client.detect_stack_drift(StackName=stack)["StackDriftDetectionId"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return ()
        raise
    while _status(client, detection) == "DETECTION_IN_PROGRESS":
        time.sleep(poll_s(target))
    found = list(map(_drifted, _found(client, stack)))
    return tuple(each for each in found if each.type not in OURS and (each.differences or each.status == "DELETED"))


def _found(client: CloudFormationClient, stack: str) -> Iterator[dict[str, Any]]:
    token: dict[str, Any] = {}
    while True:
        answer: Any = client.describe_stack_resource_drifts(
            StackName=stack, StackResourceDriftStatusFilters=["MODIFIED", "DELETED"], **token
        )
        yield from answer["StackResourceDrifts"]
        if "NextToken" not in answer:
            return
        token = {"NextToken": answer["NextToken"]}


def _status(client: CloudFormationClient, detection: str) -> str:
    answer = client.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
    return answer["DetectionStatus"]


def _drifted(found: dict[str, Any]) -> Drifted:
    differences = tuple(
        (each["PropertyPath"], each["ExpectedValue"], each["ActualValue"])
        for each in found.get("PropertyDifferences", [])
        if not each["PropertyPath"].startswith(OUR_VARIABLES)
    )
    return Drifted(
        resource=found["LogicalResourceId"],
        type=found["ResourceType"],
        physical_id=found["PhysicalResourceId"],
        status=found["StackResourceDriftStatus"],
        differences=differences,
    )


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
