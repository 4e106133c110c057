"""Callbacks and activities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.arns import require_arn, require_name
from mlfn_localstack.services.stepfunctions.asl.json_text import MAX_BYTES, parse
from mlfn_localstack.services.stepfunctions.errors import activity_missing
from mlfn_localstack.services.stepfunctions.model import moment
from mlfn_localstack.services.stepfunctions.operations_tags import read_tags
from mlfn_localstack.services.stepfunctions.paging import slice_page
from mlfn_localstack.services.stepfunctions.validation import json_problem

if TYPE_CHECKING:
    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.stepfunctions.state import State

_PATIENCE_S = 60.0
"""How long GetActivityTask holds its answer back."""


class TaskOperations:
    """Operations of those who do tasks."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._activities = state.environment.store.documents("sfn-activity")

    def operations(self) -> dict[str, Operation]:
        """The operations by API name."""
        return {
            "SendTaskSuccess": self.succeed,
            "SendTaskFailure": self.fail,
            "SendTaskHeartbeat": self.beat,
            "CreateActivity": self.create_activity,
            "DescribeActivity": self.describe_activity,
            "ListActivities": self.list_activities,
            "DeleteActivity": self.delete_activity,
            "GetActivityTask": self.get_activity_task,
        }

    async def succeed(self, context: RequestContext, params: Params) -> Result:
        """Complete a task with its output."""
        output = params["output"]
        self._state.engine.tokens.require_known(params["taskToken"])
        try:
            parse(output)
        except (ValueError, RecursionError) as error:
            why = json_problem(error) if isinstance(error, ValueError) else str(error)
            raise ServiceError("InvalidOutput", f"Invalid Output: '{why}'") from error
        if len(output.encode()) > MAX_BYTES:
            raise ServiceError("InvalidOutput", f"Invalid Output: 'Output is longer than {MAX_BYTES} bytes'")
        self._state.engine.tokens.send(params["taskToken"], {"output": output})
        return {}

    async def fail(self, context: RequestContext, params: Params) -> Result:
        """Complete a task with an error."""
        body = {"error": params.get("error"), "cause": params.get("cause")}
        self._state.engine.tokens.send(params["taskToken"], body)
        return {}

    async def beat(self, context: RequestContext, params: Params) -> Result:
        """Say that a task is still being worked on."""
        self._state.engine.tokens.beat(params["taskToken"])
        return {}

    async def create_activity(self, context: RequestContext, params: Params) -> Result:
        """Create an activity, or find it created."""
        name, tags = require_name(params["name"]), read_tags(params)
        arn = f"arn:aws:states:{context.region}:{context.account_id}:activity:{name}"
        body = self._activities.get(arn)
        if body is None:
            body = {"name": name, "created": self._state.clock.now()}
            self._activities.put(arn, body)
            if tags:
                self._state.machines.tags.put(arn, tags)
        return {"activityArn": arn, "creationDate": moment(body["created"])}

    async def describe_activity(self, context: RequestContext, params: Params) -> Result:
        """An activity."""
        arn = require_arn(params["activityArn"], "activity")
        body = self._activities.get(arn)
        if body is None:
            raise activity_missing(arn)
        return {"activityArn": arn, "name": body["name"], "creationDate": moment(body["created"])}

    async def list_activities(self, context: RequestContext, params: Params) -> Result:
        """Activities by name."""
        activities = [
            {"activityArn": arn, "name": body["name"], "creationDate": moment(body["created"])}
            for arn, body in self._activities.items()
        ]
        return slice_page(activities, params, "activities")

    async def delete_activity(self, context: RequestContext, params: Params) -> Result:
        """Delete an activity; gone already is fine."""
        self._activities.delete(require_arn(params["activityArn"], "activity"))
        return {}

    async def get_activity_task(self, context: RequestContext, params: Params) -> Result:
        """The next task of an activity; nothing if none comes within a minute."""
        arn = require_arn(params["activityArn"], "activity")
        if self._activities.get(arn) is None:
            raise activity_missing(arn)
        taken = await self._state.engine.tokens.take(arn, params.get("workerName"), _PATIENCE_S, context.is_client_gone)
        return {} if taken is None else {"taskToken": taken[0], "input": taken[1]}
