"""Tasks that a worker fetches: activities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.asl.json_text import Payload
    from mlfn_localstack.services.stepfunctions.integrations.task import TaskCall


@dataclass(frozen=True, slots=True)
class ActivityTask:
    """A task whose Resource is an activity's ARN."""

    resource: str
    family: str = "Activity"
    needs_token: bool = True
    submits: bool = False
    starts_at_once: bool = False

    @property
    def labels(self) -> dict[str, Any]:
        """Nothing: only the scheduled event names the activity."""
        return {}

    @property
    def subject(self) -> str:
        """The activity's ARN."""
        return self.resource

    @property
    def activity(self) -> str | None:
        """The activity's ARN."""
        return self.resource

    def scheduled(self, arguments: Payload, region: str) -> dict[str, Any]:
        """The input that a worker will get."""
        return {"resource": self.resource, "input": arguments.text, "inputDetails": {"truncated": False}}

    async def perform(self, call: TaskCall) -> Payload:
        """Wait until a worker has taken it, then for what the worker says."""
        tokens, token = call.run.world.tokens, call.work["token"]
        if "taken" not in call.work:
            worker = await tokens.taken(token)
            call.work["taken"] = call.stay.event("ActivityStarted", {"workerName": worker} if worker else {})
            await call.stay.commit()
        return await tokens.outcome(token, call.run.world.clock, call.work["heartbeat"])
