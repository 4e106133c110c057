"""Roles and their trust policies."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.iam.errors import exists, in_use
from mlfn_localstack.services.iam.model import Document, IamState, checked_tags, checked_trust_policy, new_id, now, page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_UNSUPPORTED = ("MaxSigninSessionDuration", "ResetMaxSigninSessionDuration")


class RoleOperations:
    """Create, read, update and delete roles."""

    def __init__(self, state: IamState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "CreateRole": self.create_role,
            "DeleteRole": self.delete_role,
            "DeleteRolePermissionsBoundary": self.delete_role_permissions_boundary,
            "GetRole": self.get_role,
            "ListRoles": self.list_roles,
            "PutRolePermissionsBoundary": self.put_role_permissions_boundary,
            "UpdateAssumeRolePolicy": self.update_assume_role_policy,
            "UpdateRole": self.update_role,
            "UpdateRoleDescription": self.update_role_description,
        }

    async def create_role(self, context: RequestContext, params: Params) -> Result:
        """A new role."""
        name, path = params["RoleName"], params.get("Path", "/")
        if self._state.roles.get(name) is not None:
            raise exists(f"Role with name {name} already exists.")
        checked_trust_policy(params["AssumeRolePolicyDocument"])
        _check(params)
        role = {
            "RoleName": name,
            "RoleId": new_id("AROA"),
            "Arn": self._state.arn("role", path, name),
            "Path": path,
            "CreateDate": now(),
            "AssumeRolePolicyDocument": params["AssumeRolePolicyDocument"],
            "Description": params.get("Description"),
            "MaxSessionDuration": params.get("MaxSessionDuration", 3600),
            "PermissionsBoundary": self._state.checked_boundary(params),
            "Tags": checked_tags(params, any_case=True),
            "Inline": {},
            "Attached": [],
        }
        self._state.save("Role", role)
        return {"Role": _created(role)}

    async def get_role(self, context: RequestContext, params: Params) -> Result:
        """A role."""
        return {"Role": shown_role(self._state.role(params["RoleName"])) | {"RoleLastUsed": {}}}

    async def list_roles(self, context: RequestContext, params: Params) -> Result:
        """The roles below a path."""
        prefix = params.get("PathPrefix", "/")
        roles = [_listed(shown_role(role)) for _, role in self._state.roles.items() if role["Path"].startswith(prefix)]
        return page(params, "Roles", roles)

    async def update_role(self, context: RequestContext, params: Params) -> Result:
        """Another description or session length."""
        role = self._state.role(params["RoleName"])
        _check(params)
        changes = {key: params[key] for key in ("Description", "MaxSessionDuration") if key in params}
        self._state.save("Role", role | changes)
        return {}

    async def update_role_description(self, context: RequestContext, params: Params) -> Result:
        """The role with another description."""
        role = self._state.role(params["RoleName"]) | {"Description": params["Description"]}
        self._state.save("Role", role)
        return {"Role": _created(role)}

    async def update_assume_role_policy(self, context: RequestContext, params: Params) -> Result:
        """Another trust policy."""
        role = self._state.role(params["RoleName"])
        checked_trust_policy(params["PolicyDocument"])
        self._state.save("Role", role | {"AssumeRolePolicyDocument": params["PolicyDocument"]})
        return {}

    async def put_role_permissions_boundary(self, context: RequestContext, params: Params) -> Result:
        """A limit on what the role's policies can allow."""
        role = self._state.role(params["RoleName"])
        self._state.save("Role", role | {"PermissionsBoundary": self._state.checked_boundary(params)})
        return {}

    async def delete_role_permissions_boundary(self, context: RequestContext, params: Params) -> Result:
        """No limit any more."""
        self._state.save("Role", self._state.role(params["RoleName"]) | {"PermissionsBoundary": None})
        return {}

    async def delete_role(self, context: RequestContext, params: Params) -> Result:
        """A role that has no policies any more goes."""
        role = self._state.role(params["RoleName"])
        if role["Attached"]:
            raise in_use("Cannot delete entity, must detach all policies first.")
        if role["Inline"]:
            raise in_use("Cannot delete entity, must delete policies first.")
        self._state.roles.delete(role["RoleName"])
        return {}


def _check(params: Params) -> None:
    given = [member for member in _UNSUPPORTED if member in params]
    if given:
        raise ServiceError("ValidationError", f"The emulator does not support {given[0]} of roles.")


def shown_role(role: Document) -> Result:
    """A role as the API shows it: its trust policy percent-encoded (RFC 3986)."""
    shown = {key: value for key, value in role.items() if key not in ("Inline", "Attached") and value is not None}
    if not shown["Tags"]:
        del shown["Tags"]
    shown["AssumeRolePolicyDocument"] = quote(role["AssumeRolePolicyDocument"], safe="")
    if role.get("PermissionsBoundary"):
        boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": role["PermissionsBoundary"]}
        shown["PermissionsBoundary"] = boundary
    return shown


def _created(role: Document) -> Result:
    """A role as it is answered when it changes: without how long its sessions may be."""
    return {key: value for key, value in shown_role(role).items() if key != "MaxSessionDuration"}


def _listed(shown: Result) -> Result:
    return {key: value for key, value in shown.items() if key not in ("Tags", "PermissionsBoundary")}
