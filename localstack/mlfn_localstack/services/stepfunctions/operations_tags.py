"""Tags of state machines and activities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.arns import qualifier_of
from mlfn_localstack.services.stepfunctions.errors import constraint, invalid_arn, resource_missing

if TYPE_CHECKING:
    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.stepfunctions.state import State


def read_tags(params: Params) -> dict[str, str]:
    """The tags of a request by key.

    Raises:
        ServiceError: one lacks its key or value (which the API's model does not ask for).
    """
    for position, tag in enumerate(params.get("tags") or (), start=1):
        for member in ("key", "value"):
            if member not in tag:
                raise constraint("null", f"tags.{position}.member.{member}", "Member must not be null")
    return {tag["key"]: tag["value"] for tag in params.get("tags") or ()}


class TagOperations:
    """Operations on tags."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._tags = state.machines.tags

    def operations(self) -> dict[str, Operation]:
        """The operations by API name."""
        return {"TagResource": self.tag, "UntagResource": self.untag, "ListTagsForResource": self.list}

    async def tag(self, context: RequestContext, params: Params) -> Result:
        """Add tags, or change their values."""
        arn = self._require(params)
        self._tags.put(arn, {**self._of(arn), **read_tags(params)})
        return {}

    async def untag(self, context: RequestContext, params: Params) -> Result:
        """Remove tags by key."""
        arn = self._require(params)
        self._tags.put(arn, {key: value for key, value in self._of(arn).items() if key not in params["tagKeys"]})
        return {}

    async def list(self, context: RequestContext, params: Params) -> Result:
        """All tags."""
        tags = self._of(self._require(params))
        return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}

    def _of(self, arn: str) -> dict[str, Any]:
        return self._tags.get(arn) or {}

    def _require(self, params: Params) -> str:
        arn: str = params["resourceArn"]
        if not arn.startswith("arn:"):
            raise invalid_arn(f"Invalid ARN prefix: {arn}")
        activity = self._state.environment.store.documents("sfn-activity").get(arn)
        machine = None if qualifier_of(arn) else self._state.machines.get(arn)  # versions have no tags
        if activity is None and machine is None:
            raise resource_missing(arn)
        return arn
