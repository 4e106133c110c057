"""Groups, and which users are in them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.iam.errors import exists, in_use, over_quota
from mlfn_localstack.services.iam.model import Document, IamState, new_id, now, page
from mlfn_localstack.services.iam.operations_users import listed_user

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_GROUPS_QUOTA = 10


class GroupOperations:
    """Create, read and delete groups, and put users into them."""

    def __init__(self, state: IamState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "AddUserToGroup": self.add_user_to_group,
            "CreateGroup": self.create_group,
            "DeleteGroup": self.delete_group,
            "GetGroup": self.get_group,
            "ListGroups": self.list_groups,
            "ListGroupsForUser": self.list_groups_for_user,
            "RemoveUserFromGroup": self.remove_user_from_group,
            "UpdateGroup": self.update_group,
        }

    async def create_group(self, context: RequestContext, params: Params) -> Result:
        """A new group."""
        name, path = params["GroupName"], params.get("Path", "/")
        self._check_new(name)
        group = {
            "GroupName": name,
            "GroupId": new_id("AGPA"),
            "Arn": self._state.arn("group", path, name),
            "Path": path,
            "CreateDate": now(),
            "Inline": {},
            "Attached": [],
        }
        self._state.save("Group", group)
        return {"Group": shown_group(group)}

    async def get_group(self, context: RequestContext, params: Params) -> Result:
        """A group with its users."""
        group = self._state.entity("Group", params["GroupName"])
        return {
            "Group": shown_group(group),
            **page(params, "Users", [listed_user(user) for user in self._members(group["GroupName"])]),
        }

    async def list_groups(self, context: RequestContext, params: Params) -> Result:
        """The groups below a path."""
        prefix = params.get("PathPrefix", "/")
        groups = [shown_group(group) for _, group in self._state.groups.items() if group["Path"].startswith(prefix)]
        return page(params, "Groups", groups)

    async def list_groups_for_user(self, context: RequestContext, params: Params) -> Result:
        """The groups a user is in."""
        user = self._state.entity("User", params["UserName"])
        groups = [shown_group(self._state.entity("Group", name)) for name in sorted(user.get("Groups", ()))]
        return page(params, "Groups", groups)

    async def add_user_to_group(self, context: RequestContext, params: Params) -> Result:
        """Put a user into a group; again is no mistake."""
        group = self._state.entity("Group", params["GroupName"])
        user = self._state.entity("User", params["UserName"])
        groups = user.get("Groups", [])
        if group["GroupName"] not in groups:
            if len(groups) >= _GROUPS_QUOTA:
                raise over_quota("GroupsPerUser", _GROUPS_QUOTA)
            self._state.save("User", user | {"Groups": [*groups, group["GroupName"]]})
        return {}

    async def remove_user_from_group(self, context: RequestContext, params: Params) -> Result:
        """Take a user out of a group; one that is not in it is no mistake."""
        user = self._state.entity("User", params["UserName"])
        name = self._state.entity("Group", params["GroupName"])["GroupName"]
        self._state.save("User", user | {"Groups": [each for each in user.get("Groups", ()) if each != name]})
        return {}

    async def update_group(self, context: RequestContext, params: Params) -> Result:
        """Another name or path, under which its users stay in it."""
        group = self._state.entity("Group", params["GroupName"])
        old = group["GroupName"]
        name, path = str(params.get("NewGroupName", old)), str(params.get("NewPath", group["Path"]))
        if name != old:
            self._check_new(name)
        self._state.groups.delete(old)
        arn = self._state.arn("group", path, name)
        self._state.save("Group", group | {"GroupName": name, "Path": path, "Arn": arn})
        for user in self._members(old):
            self._state.save("User", user | {"Groups": [name if each == old else each for each in user["Groups"]]})
        return {}

    async def delete_group(self, context: RequestContext, params: Params) -> Result:
        """A group without users and policies goes."""
        group = self._state.entity("Group", params["GroupName"])
        if self._members(group["GroupName"]):
            raise in_use("Cannot delete entity, must remove users from group first.")
        if group["Attached"]:
            raise in_use("Cannot delete entity, must detach all policies first.")
        if group["Inline"]:
            raise in_use("Cannot delete entity, must delete policies first.")
        self._state.groups.delete(group["GroupName"])
        return {}

    def _members(self, name: str) -> list[Document]:
        return [user for _, user in self._state.users.items() if name in user.get("Groups", ())]

    def _check_new(self, name: str) -> None:
        if self._state.groups.get(name) is not None:
            raise exists(f"Group with name {name} already exists.")


def shown_group(group: Document) -> Result:
    """A group without its policies."""
    return {key: value for key, value in group.items() if key not in ("Inline", "Attached")}
