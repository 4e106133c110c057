"""Detecting drift, and what was found."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.cloudformation.drift import Drift, detect
from mlfn_localstack.services.cloudformation.errors import stack_missing, validation_error
from mlfn_localstack.services.cloudformation.pages import page
from mlfn_localstack.services.cloudformation.state import Stack, Stacks, moment, now
from mlfn_localstack.services.cloudformation.work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Environment, Operation, Params, RequestContext, Result

_BUSY = "_IN_PROGRESS"


class DriftOperations:
    """DetectStackDrift and its neighbours; a detection is complete by the time its id is answered."""

    def __init__(self, environment: Environment, stacks: Stacks) -> None:
        self._environment = environment
        self._stacks = stacks

    def operations(self) -> Mapping[str, Operation]:
        """By API name."""
        return {
            "DescribeStackDriftDetectionStatus": self.status,
            "DescribeStackResourceDrifts": self.resource_drifts,
            "DetectStackDrift": self.detect,
            "DetectStackResourceDrift": self.detect_resource,
        }

    async def detect(self, context: RequestContext, params: Params) -> Result:
        """The id of a detection over a stack's resources, or over those that are named."""
        stack = self._find(params["StackName"])
        wanted = params.get("LogicalResourceIds")
        work = Work(self._environment, self._stacks, replace(stack, principal=context.caller))
        found = [
            drift
            for name, resource in work.resources.items()
            if (wanted is None or name in wanted) and (drift := await detect(work, resource)) is not None
        ]
        for drift in found:
            self._stacks.drifts.put(_key(stack, drift["LogicalResourceId"]), drift)
        drifted = sum(drift["StackResourceDriftStatus"] != "IN_SYNC" for drift in found)
        detection = {
            "StackId": stack.id,
            "StackDriftDetectionId": str(uuid.uuid4()),
            "StackDriftStatus": "DRIFTED" if drifted else "IN_SYNC",
            "DetectionStatus": "DETECTION_COMPLETE",
            "DriftedStackResourceCount": drifted,
            "Timestamp": now(),
        }
        self._stacks.drift_detections.put(detection["StackDriftDetectionId"], detection)
        self._stacks.drift_detections.put(stack.id, detection)
        return {"StackDriftDetectionId": detection["StackDriftDetectionId"]}

    async def detect_resource(self, context: RequestContext, params: Params) -> Result:
        """One resource's drift."""
        stack, name = self._find(params["StackName"]), params["LogicalResourceId"]
        work = Work(self._environment, self._stacks, replace(stack, principal=context.caller))
        resource = work.resources.get(name)
        if resource is None:
            raise validation_error(f"Resource {name} does not exist for stack {stack.name}")
        drift = await detect(work, resource)
        if drift is None:
            raise validation_error(f"Drift detection is not supported for resource {name} of type {resource.type}")
        self._stacks.drifts.put(_key(stack, name), drift)
        return {"StackResourceDrift": _shown(drift)}

    async def status(self, context: RequestContext, params: Params) -> Result:
        """How a detection ended."""
        detection = self._stacks.drift_detections.get(params["StackDriftDetectionId"])
        if detection is None:
            raise validation_error(f"No drift detection found with id {params['StackDriftDetectionId']}")
        return {**detection, "Timestamp": moment(detection["Timestamp"])}

    async def resource_drifts(self, context: RequestContext, params: Params) -> Result:
        """What was found last of each resource."""
        stack = self._find(params["StackName"])
        statuses = params.get("StackResourceDriftStatusFilters")
        here = self._stacks.resources(stack.id)
        drifts = [
            _shown(drift)
            for _, drift in self._stacks.drifts.items(f"{stack.id}/")
            if drift["LogicalResourceId"] in here and (not statuses or drift["StackResourceDriftStatus"] in statuses)
        ]
        found, token = page(drifts, params.get("NextToken"))
        return {"StackResourceDrifts": found} | ({"NextToken": token} if token else {})

    def _find(self, name: str) -> Stack:
        stack = self._stacks.find(name)
        if stack is None:
            raise stack_missing(name)
        if stack.status.endswith(_BUSY) or stack.status == "DELETE_COMPLETE":
            raise validation_error(
                f"Drift detection cannot be performed on stack [{stack.id}] while it is in {stack.status} state."
            )
        return stack


def _key(stack: Stack, logical_id: str) -> str:
    return f"{stack.id}/{logical_id}"


def _shown(drift: Drift) -> dict[str, Any]:
    return {**drift, "Timestamp": moment(drift["Timestamp"])}
