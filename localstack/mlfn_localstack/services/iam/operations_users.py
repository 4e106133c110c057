"""Users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.auth.principals import PrincipalKind, principal_of
from mlfn_localstack.services.iam.errors import exists, in_use
from mlfn_localstack.services.iam.model import Document, IamState, checked_tags, new_id, now, page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result


class UserOperations:
    """Create, read and delete users."""

    def __init__(self, state: IamState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "CreateUser": self.create_user,
            "DeleteUser": self.delete_user,
            "DeleteUserPermissionsBoundary": self.delete_user_permissions_boundary,
            "GetUser": self.get_user,
            "ListUsers": self.list_users,
            "PutUserPermissionsBoundary": self.put_user_permissions_boundary,
            "UpdateUser": self.update_user,
        }

    async def create_user(self, context: RequestContext, params: Params) -> Result:
        """A new user."""
        name, path = params["UserName"], params.get("Path", "/")
        if self._state.users.get(name) is not None:
            raise exists(f"User with name {name} already exists.")
        user = {
            "UserName": name,
            "UserId": new_id("AIDA"),
            "Arn": self._state.arn("user", path, name),
            "Path": path,
            "CreateDate": now(),
            "PermissionsBoundary": self._state.checked_boundary(params),
            "Tags": checked_tags(params, any_case=True),
            "Inline": {},
            "Attached": [],
        }
        self._state.save("User", user)
        return {"User": _shown(user)}

    async def get_user(self, context: RequestContext, params: Params) -> Result:
        """A user; without a name, the caller."""
        if "UserName" in params:
            return {"User": _shown(self._state.entity("User", params["UserName"]))}
        caller = principal_of(context.caller.arn)
        if caller.kind is PrincipalKind.USER:
            return {"User": _shown(self._state.entity("User", caller.name))}
        return {"User": {"UserId": context.caller.user_id, "Arn": context.caller.arn, "CreateDate": 0.0, "Path": "/"}}

    async def update_user(self, context: RequestContext, params: Params) -> Result:
        """Another name or path, under which its keys go on."""
        user = self._state.entity("User", params["UserName"])
        name, path = str(params.get("NewUserName", user["UserName"])), str(params.get("NewPath", user["Path"]))
        if name != user["UserName"] and self._state.users.get(name) is not None:
            raise exists(f"User with name {name} already exists.")
        self._state.users.delete(user["UserName"])
        renamed = {"UserName": name, "Path": path}
        self._state.save("User", user | renamed | {"Arn": self._state.arn("user", path, name)})
        for access_key, key in list(self._state.access_keys.items()):
            if key["UserName"] == user["UserName"]:
                self._state.access_keys.put(access_key, key | renamed)
        return {}

    async def put_user_permissions_boundary(self, context: RequestContext, params: Params) -> Result:
        """A limit on what the user's policies can allow."""
        user = self._state.entity("User", params["UserName"])
        self._state.save("User", user | {"PermissionsBoundary": self._state.checked_boundary(params)})
        return {}

    async def delete_user_permissions_boundary(self, context: RequestContext, params: Params) -> Result:
        """No limit any more."""
        user = self._state.entity("User", params["UserName"])
        self._state.save("User", user | {"PermissionsBoundary": None})
        return {}

    async def list_users(self, context: RequestContext, params: Params) -> Result:
        """The users below a path."""
        prefix = params.get("PathPrefix", "/")
        users = [listed_user(user) for _, user in self._state.users.items() if user["Path"].startswith(prefix)]
        return page(params, "Users", users)

    async def delete_user(self, context: RequestContext, params: Params) -> Result:
        """A user without keys and policies goes."""
        user = self._state.entity("User", params["UserName"])
        if any(key["UserName"] == user["UserName"] for _, key in self._state.access_keys.items()):
            raise in_use("Cannot delete entity, must delete access keys first.")
        if user.get("Groups"):
            raise in_use("Cannot delete entity, must remove users from group first.")
        if user["Attached"]:
            raise in_use("Cannot delete entity, must detach all policies first.")
        if user["Inline"]:
            raise in_use("Cannot delete entity, must delete policies first.")
        self._state.users.delete(user["UserName"])
        return {}


def listed_user(user: Document) -> Result:
    """A user as lists show it: without tags and boundary."""
    return {name: user[name] for name in ("Path", "UserName", "UserId", "Arn", "CreateDate")}


def _shown(user: Document) -> Result:
    shown = listed_user(user)
    if user["Tags"]:
        shown["Tags"] = user["Tags"]
    if user.get("PermissionsBoundary"):
        boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": user["PermissionsBoundary"]}
        shown["PermissionsBoundary"] = boundary
    return shown
