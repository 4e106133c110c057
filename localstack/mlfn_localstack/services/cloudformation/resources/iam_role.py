"""AWS::IAM::Role through IAM's API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote

from mlfn_localstack.services.cloudformation.resources.handler import (
    Made,
    Request,
    ResourceType,
    changed,
    found,
    tag_change,
)
from mlfn_localstack.services.cloudformation.schema import INTEGER, JSON, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping


class Role(ResourceType):
    """A role with its inline and attached policies."""

    properties: ClassVar[Mapping[str, Any]] = {
        "AssumeRolePolicyDocument!": JSON,
        "Description": STRING,
        "ManagedPolicyArns": [STRING],
        "MaxSessionDuration": INTEGER,
        "Path": STRING,
        "PermissionsBoundary": STRING,
        "Policies": [{"PolicyName!": STRING, "PolicyDocument!": JSON}],
        "RoleName": STRING,
        "Tags": TAGS,
    }
    create_only = frozenset({"RoleName", "Path"})
    attributes = frozenset({"Arn", "RoleId"})
    name_property = "RoleName"
    tag_style = "list"
    system_tags = False

    async def create(self, request: Request) -> Made:
        """Create the role, then put and attach its policies."""
        name = self._name(request)
        await request.call(
            "iam",
            "CreateRole",
            RoleName=name,
            AssumeRolePolicyDocument=document(request.properties["AssumeRolePolicyDocument"]),
            **request.pick("Path", "Description", "MaxSessionDuration", "PermissionsBoundary", "Tags"),
        )
        await request.created(name)
        await self._policies(request, name, {})
        return await self._made(request, name)

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
        await self._boundary(request, physical_id, old)
        await self._policies(request, physical_id, old)
        await self._tags(request, physical_id, old)
        return await self._made(request, physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Take away what the stack gave, then the role."""
        for policy in request.properties.get("Policies", []):
            await found(request.call("iam", "DeleteRolePolicy", RoleName=physical_id, PolicyName=policy["PolicyName"]))
        for arn in request.properties.get("ManagedPolicyArns", []):
            await found(request.call("iam", "DetachRolePolicy", RoleName=physical_id, PolicyArn=arn))
        await request.call("iam", "DeleteRole", RoleName=physical_id)

    async def find(self, request: Request) -> str | None:
        """The role of that name."""
        name = self._name(request)
        return name if await found(request.call("iam", "GetRole", RoleName=name)) else None

    async def read(self, request: Request, physical_id: str) -> dict[str, Any] | None:
        """Its trust, limits, policies and tags."""
        answer = await found(request.call("iam", "GetRole", RoleName=physical_id))
        if answer is None:
            return None
        role, inline = answer["Role"], []
        for name in (await request.call("iam", "ListRolePolicies", RoleName=physical_id))["PolicyNames"]:
            policy = await request.call("iam", "GetRolePolicy", RoleName=physical_id, PolicyName=name)
            inline.append({"PolicyName": name, "PolicyDocument": _parsed(policy["PolicyDocument"])})
        attached = await request.call("iam", "ListAttachedRolePolicies", RoleName=physical_id)
        tags = await request.call("iam", "ListRoleTags", RoleName=physical_id)
        return {
            **{name: role[name] for name in ("Path", "RoleName", "MaxSessionDuration") if name in role},
            "AssumeRolePolicyDocument": _parsed(role["AssumeRolePolicyDocument"]),
            "Description": role.get("Description"),
            "ManagedPolicyArns": [one["PolicyArn"] for one in attached["AttachedPolicies"]],
            "PermissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "Policies": inline,
            "Tags": tags["Tags"],
        }

    def _name(self, request: Request) -> str:
        return request.name(request.properties.get("RoleName"))

    async def _made(self, request: Request, name: str) -> Made:
        role = (await request.call("iam", "GetRole", RoleName=name))["Role"]
        return Made(physical_id=name, attributes={"Arn": role["Arn"], "RoleId": role["RoleId"]})

    async def _policies(self, request: Request, name: str, old: Mapping[str, Any]) -> None:
        wanted = {one["PolicyName"]: one["PolicyDocument"] for one in request.properties.get("Policies", [])}
        had = {one["PolicyName"]: one["PolicyDocument"] for one in old.get("Policies", [])}
        for policy, body in wanted.items():
            if had.get(policy) != body:
                await request.call(
                    "iam", "PutRolePolicy", RoleName=name, PolicyName=policy, PolicyDocument=document(body)
                )
        for policy in had.keys() - wanted.keys():
            await found(request.call("iam", "DeleteRolePolicy", RoleName=name, PolicyName=policy))
        arns, had_arns = request.properties.get("ManagedPolicyArns", []), old.get("ManagedPolicyArns", [])
        for arn in arns:
            if arn not in had_arns:
                await request.call("iam", "AttachRolePolicy", RoleName=name, PolicyArn=arn)
        for arn in had_arns:
            if arn not in arns:
                await found(request.call("iam", "DetachRolePolicy", RoleName=name, PolicyArn=arn))

    async def _boundary(self, request: Request, name: str, old: Mapping[str, Any]) -> None:
        boundary = request.properties.get("PermissionsBoundary")
        if boundary == old.get("PermissionsBoundary"):
            return
        if boundary is None:
            await request.call("iam", "DeleteRolePermissionsBoundary", RoleName=name)
        else:
            await request.call("iam", "PutRolePermissionsBoundary", RoleName=name, PermissionsBoundary=boundary)

    async def _tags(self, request: Request, name: str, old: Mapping[str, Any]) -> None:
        change = tag_change(request.properties, old)
        if change.put:
            tags = [{"Key": key, "Value": value} for key, value in change.put.items()]
            await request.call("iam", "TagRole", RoleName=name, Tags=tags)
        if change.removed:
            await request.call("iam", "UntagRole", RoleName=name, TagKeys=change.removed)


def _parsed(text: str) -> Any:
    """A policy document as IAM's API gives it: JSON, percent-encoded or not."""
    return json.loads(unquote(text) if text.startswith("%7B") else text)


def document(value: Any) -> str:
    """A policy document as IAM's API takes it."""
    return value if isinstance(value, str) else json.dumps(value)
