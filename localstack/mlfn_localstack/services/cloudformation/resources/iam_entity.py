"""What roles and users have in common: inline and attached policies, a boundary, tags."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote

from mlfn_localstack.services.cloudformation.resources.handler import Made, Request, ResourceType, found, tag_change
from mlfn_localstack.services.cloudformation.schema import JSON, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARED: Mapping[str, Any] = {
    "ManagedPolicyArns": [STRING],
    "Path": STRING,
    "PermissionsBoundary": STRING,
    "Policies": [{"PolicyName!": STRING, "PolicyDocument!": JSON}],
    "Tags": TAGS,
}
"""The properties of both."""


class Entity(ResourceType):
    """A `Role` or `User` of IAM: whose operations have its kind in their names."""

    kind: ClassVar[str]
    tag_style = "list"
    system_tags = False

    async def ask(self, request: Request, operation: str, name: str, **params: Any) -> dict[str, Any]:
        """The answer of an operation on the entity, such as `Get…` or `List…Tags`."""
        answer = await request.call("iam", operation.replace("…", self.kind), **{f"{self.kind}Name": name}, **params)
        return dict(answer)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Take away what the stack gave, then delete it."""
        for policy in request.properties.get("Policies", []):
            await found(self.ask(request, "Delete…Policy", physical_id, PolicyName=policy["PolicyName"]))
        for arn in request.properties.get("ManagedPolicyArns", []):
            await found(self.ask(request, "Detach…Policy", physical_id, PolicyArn=arn))
        await self.ask(request, "Delete…", physical_id)

    async def find(self, request: Request) -> str | None:
        """The one of that name."""
        name = self.name(request)
        return name if await found(self.ask(request, "Get…", name)) else None

    async def read(self, request: Request, physical_id: str) -> dict[str, Any] | None:
        """Its limits, policies and tags."""
        answer = await found(self.ask(request, "Get…", physical_id))
        if answer is None:
            return None
        entity, inline = answer[self.kind], []
        for name in (await self.ask(request, "List…Policies", physical_id))["PolicyNames"]:
            policy = await self.ask(request, "Get…Policy", physical_id, PolicyName=name)
            inline.append({"PolicyName": name, "PolicyDocument": parsed(policy["PolicyDocument"])})
        attached = await self.ask(request, "ListAttached…Policies", physical_id)
        tags = await self.ask(request, "List…Tags", physical_id)
        return {
            **{name: entity[name] for name in ("Path", f"{self.kind}Name")},
            "ManagedPolicyArns": [one["PolicyArn"] for one in attached["AttachedPolicies"]],
            "PermissionsBoundary": entity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "Policies": inline,
            "Tags": tags["Tags"],
        }

    def name(self, request: Request) -> str:
        """The name given, or one made of the stack's."""
        return request.name(request.properties.get(f"{self.kind}Name"))

    async def made(self, request: Request, name: str) -> Made:
        """The entity as it is."""
        entity = (await self.ask(request, "Get…", name))[self.kind]
        attributes = {"Arn": entity["Arn"], f"{self.kind}Id": entity[f"{self.kind}Id"]}
        return Made(physical_id=name, attributes={key: attributes[key] for key in self.attributes})

    async def put_policies(self, request: Request, name: str, old: Mapping[str, Any]) -> None:
        """Bring inline and attached policies from `old` properties to the request's."""
        wanted = {one["PolicyName"]: one["PolicyDocument"] for one in request.properties.get("Policies", [])}
        had = {one["PolicyName"]: one["PolicyDocument"] for one in old.get("Policies", [])}
        for policy, body in wanted.items():
            if had.get(policy) != body:
                await self.ask(request, "Put…Policy", name, PolicyName=policy, PolicyDocument=document(body))
        for policy in had.keys() - wanted.keys():
            await found(self.ask(request, "Delete…Policy", name, PolicyName=policy))
        arns, had_arns = request.properties.get("ManagedPolicyArns", []), old.get("ManagedPolicyArns", [])
        for arn in arns:
            if arn not in had_arns:
                await self.ask(request, "Attach…Policy", name, PolicyArn=arn)
        for arn in had_arns:
            if arn not in arns:
                await found(self.ask(request, "Detach…Policy", name, PolicyArn=arn))

    async def put_limits(self, request: Request, name: str, old: Mapping[str, Any]) -> None:
        """Bring boundary and tags from `old` properties to the request's."""
        boundary = request.properties.get("PermissionsBoundary")
        if boundary is not None and boundary != old.get("PermissionsBoundary"):
            await self.ask(request, "Put…PermissionsBoundary", name, PermissionsBoundary=boundary)
        elif boundary is None and old.get("PermissionsBoundary") is not None:
            await self.ask(request, "Delete…PermissionsBoundary", name)
        change = tag_change(request.properties, old)
        if change.put:
            tags = [{"Key": key, "Value": value} for key, value in change.put.items()]
            await self.ask(request, "Tag…", name, Tags=tags)
        if change.removed:
            await self.ask(request, "Untag…", name, TagKeys=change.removed)


def parsed(text: str) -> Any:
    """A policy document as IAM's API gives it: JSON, percent-encoded or not."""
    return json.loads(unquote(text) if text.startswith("%7B") else text)


def document(value: Any) -> str:
    """A policy document as IAM's API takes it."""
    return value if isinstance(value, str) else json.dumps(value)
