"""TagResource, UntagResource, ListTagsForResource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.events.tags import tag_list, tag_map

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.events.model import EventsState


class TagOperations:
    """Tags of rules and buses."""

    def __init__(self, state: EventsState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"TagResource": self.tag, "UntagResource": self.untag, "ListTagsForResource": self.list}

    async def tag(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the tags are set."""
        self._save(params, self._tags(params) | tag_map(params["Tags"]))
        return {}

    async def untag(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the tags are gone."""
        self._save(params, {key: value for key, value in self._tags(params).items() if key not in params["TagKeys"]})
        return {}

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """The tags."""
        return {"Tags": tag_list(self._tags(params))}

    def _tags(self, params: Params) -> dict[str, str]:
        arn = params["ResourceARN"]
        if ":event-bus/" in arn:
            return dict(self._state.bus(arn.rpartition("event-bus/")[2])["Tags"])
        rule = self._state.rule_of_arn(arn)
        if rule is None:
            name = arn.partition(":rule/")[2]
            raise ServiceError("ResourceNotFoundException", f"Rule {name} does not exist on EventBus default.")
        return dict(rule["Tags"])

    def _save(self, params: Params, tags: dict[str, str]) -> None:
        arn = params["ResourceARN"]
        rule = self._state.rule_of_arn(arn)
        if rule is not None:
            self._state.put_rule(rule | {"Tags": tags})
        else:
            self._state.put_bus(self._state.bus(arn.rpartition("event-bus/")[2]) | {"Tags": tags})
