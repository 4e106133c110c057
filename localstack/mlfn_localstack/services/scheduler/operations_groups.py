"""Groups of schedules, and their tags."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.events.tags import tag_list, tag_map
from mlfn_localstack.services.scheduler import errors
from mlfn_localstack.services.scheduler.model import DEFAULT_GROUP, new_group
from mlfn_localstack.services.scheduler.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.scheduler.model import Group, SchedulerState


class GroupOperations:
    """Groups."""

    def __init__(self, state: SchedulerState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "CreateScheduleGroup": self.create,
            "GetScheduleGroup": self.get,
            "DeleteScheduleGroup": self.delete,
            "ListScheduleGroups": self.list,
            "TagResource": self.tag,
            "UntagResource": self.untag,
            "ListTagsForResource": self.list_tags,
        }

    async def create(self, _context: RequestContext, params: Params) -> Result:
        """The ARN of a new group."""
        name = params["Name"]
        if self._state.find_group(name) is not None:
            raise errors.conflict(f"Schedule group {name} already exists.")
        arn = self._state.group_arn(name)
        self._state.put_group(new_group(name, arn, self._state.clock(), tag_map(params.get("Tags"))))
        return {"ScheduleGroupArn": arn}

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """A group."""
        return _shown(self._state.group(params["Name"]))

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the group and its schedules are gone."""
        if params["Name"] == DEFAULT_GROUP:
            raise errors.validation("The default schedule group cannot be deleted.")
        self._state.delete_group(self._state.group(params["Name"]))
        return {}

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """Groups by prefix."""
        prefix = params.get("NamePrefix") or ""
        found = [_shown(group) for group in self._state.groups() if group["Name"].startswith(prefix)]
        return page(found, params, "ScheduleGroups")

    async def tag(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the tags are set."""
        group = self._of_arn(params)
        self._state.put_group({**group, "Tags": group["Tags"] | tag_map(params["Tags"])})
        return {}

    async def untag(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the tags are gone."""
        group = self._of_arn(params)
        kept = {key: value for key, value in group["Tags"].items() if key not in params["TagKeys"]}
        self._state.put_group({**group, "Tags": kept})
        return {}

    async def list_tags(self, _context: RequestContext, params: Params) -> Result:
        """The tags."""
        return {"Tags": tag_list(self._of_arn(params)["Tags"])}

    def _of_arn(self, params: Params) -> Group:
        return self._state.group(params["ResourceArn"].rpartition("schedule-group/")[2])


def _shown(group: Group) -> dict[str, Any]:
    times = {name: datetime.fromtimestamp(group[name], UTC) for name in ("CreationDate", "LastModificationDate")}
    return {**{name: group[name] for name in ("Name", "Arn", "State")}, **times}
