"""AWS::IAM::Role through IAM's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.services.cloudformation.resources.handler import Made, Request, changed
from mlfn_localstack.services.cloudformation.resources.iam_entity import SHARED, Entity, document, parsed
from mlfn_localstack.services.cloudformation.schema import INTEGER, JSON, STRING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Role(Entity):
    """A role with its inline and attached policies."""

    kind = "Role"
    properties: ClassVar[Mapping[str, Any]] = {
        **SHARED,
        "AssumeRolePolicyDocument!": JSON,
        "Description": STRING,
        "MaxSessionDuration": INTEGER,
        "RoleName": STRING,
    }
    create_only = frozenset({"RoleName", "Path"})
    attributes = frozenset({"Arn", "RoleId"})
    name_property = "RoleName"
    identifier = "RoleName"

    async def create(self, request: Request) -> Made:
        """Create the role, then put and attach its policies."""
        name = self.name(request)
        await request.call(
            "iam",
            "CreateRole",
            RoleName=name,
            AssumeRolePolicyDocument=document(request.properties["AssumeRolePolicyDocument"]),
            **request.pick("Path", "Description", "MaxSessionDuration", "PermissionsBoundary", "Tags"),
        )
        await request.created(name)
        await self.put_policies(request, name, {})
        return await self.made(request, name)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change trust, limits, policies and tags."""
        new = request.properties
        if changed(new, old, ["AssumeRolePolicyDocument"]):
            trust = document(new["AssumeRolePolicyDocument"])
            await request.call("iam", "UpdateAssumeRolePolicy", RoleName=physical_id, PolicyDocument=trust)
        if changed(new, old, ["Description", "MaxSessionDuration"]):
            await request.call(
                "iam",
                "UpdateRole",
                RoleName=physical_id,
                Description=new.get("Description", ""),
                MaxSessionDuration=new.get("MaxSessionDuration", 3600),
            )
        await self.put_policies(request, physical_id, old)
        await self.put_limits(request, physical_id, old)
        return await self.made(request, physical_id)

    async def read(self, request: Request, physical_id: str) -> dict[str, Any] | None:
        """Its trust, limits, policies and tags."""
        known = await super().read(request, physical_id)
        if known is None:
            return None
        role = (await self.ask(request, "Get…", physical_id))["Role"]
        return {
            **known,
            "AssumeRolePolicyDocument": parsed(role["AssumeRolePolicyDocument"]),
            "Description": role.get("Description"),
            "MaxSessionDuration": role["MaxSessionDuration"],
        }
