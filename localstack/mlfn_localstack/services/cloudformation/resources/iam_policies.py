"""AWS::IAM::ManagedPolicy and AWS::IAM::Policy through IAM's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.services.cloudformation.resources.handler import Made, Request, ResourceType, changed, found
from mlfn_localstack.services.cloudformation.resources.iam_entity import document
from mlfn_localstack.services.cloudformation.schema import JSON, STRING

if TYPE_CHECKING:
    from collections.abc import Mapping

_KINDS = ("Role", "User", "Group")
_MAX_VERSIONS = 5  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_HOLDERS = {"Roles": [STRING], "Users": [STRING], "Groups": [STRING]}


class ManagedPolicy(ResourceType):
    """A policy of its own, attached to roles, users and groups."""

    properties: ClassVar[Mapping[str, Any]] = {
        "Description": STRING,
        "ManagedPolicyName": STRING,
        "Path": STRING,
        "PolicyDocument!": JSON,
        **_HOLDERS,
    }
    create_only = frozenset({"ManagedPolicyName", "Description", "Path"})
    attributes = frozenset({"PolicyArn", "PolicyId"})
    name_property = "ManagedPolicyName"

    async def create(self, request: Request) -> Made:
        """Create the policy and attach it."""
        answer = await request.call(
            "iam",
            "CreatePolicy",
            PolicyName=self._name(request),
            PolicyDocument=document(request.properties["PolicyDocument"]),
            **request.pick("Description", "Path"),
        )
        arn = answer["Policy"]["Arn"]
        await request.created(arn)
        await self._attach(request, arn, {})
        return self._made(answer["Policy"])

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Make a new default version when the document differs, and attach and detach."""
        if changed(request.properties, old, ["PolicyDocument"]):
            await self._make_room(request, physical_id)
            text = document(request.properties["PolicyDocument"])
            await request.call(
                "iam", "CreatePolicyVersion", PolicyArn=physical_id, PolicyDocument=text, SetAsDefault=True
            )
        await self._attach(request, physical_id, old)
        return self._made((await request.call("iam", "GetPolicy", PolicyArn=physical_id))["Policy"])

    async def delete(self, request: Request, physical_id: str) -> None:
        """Detach it, remove its versions and itself."""
        for kind, name in _holders(request.properties):
            await found(request.call("iam", f"Detach{kind}Policy", PolicyArn=physical_id, **{f"{kind}Name": name}))
        for version in await self._versions(request, physical_id):
            if not version["IsDefaultVersion"]:
                await request.call("iam", "DeletePolicyVersion", PolicyArn=physical_id, VersionId=version["VersionId"])
        await request.call("iam", "DeletePolicy", PolicyArn=physical_id)

    async def find(self, request: Request) -> str | None:
        """The policy of that name and path."""
        path = request.properties.get("Path", "/")
        arn = f"arn:aws:iam::{request.account_id}:policy{path}{self._name(request)}"
        return arn if await found(request.call("iam", "GetPolicy", PolicyArn=arn)) else None

    def _name(self, request: Request) -> str:
        return request.name(request.properties.get("ManagedPolicyName"), limit=128)

    def _made(self, policy: Mapping[str, Any]) -> Made:
        return Made(physical_id=policy["Arn"], attributes={"PolicyArn": policy["Arn"], "PolicyId": policy["PolicyId"]})

    async def _attach(self, request: Request, arn: str, old: Mapping[str, Any]) -> None:
        wanted, had = _holders(request.properties), _holders(old)
        for kind, name in wanted:
            if (kind, name) not in had:
                await request.call("iam", f"Attach{kind}Policy", PolicyArn=arn, **{f"{kind}Name": name})
        for kind, name in had:
            if (kind, name) not in wanted:
                await found(request.call("iam", f"Detach{kind}Policy", PolicyArn=arn, **{f"{kind}Name": name}))

    async def _versions(self, request: Request, arn: str) -> list[dict[str, Any]]:
        versions: list[dict[str, Any]] = (await request.call("iam", "ListPolicyVersions", PolicyArn=arn))["Versions"]
        return versions

    async def _make_room(self, request: Request, arn: str) -> None:
        versions = await self._versions(request, arn)
        if len(versions) >= _MAX_VERSIONS:
            oldest = min(
                (one["VersionId"] for one in versions if not one["IsDefaultVersion"]), key=lambda name: int(name[1:])
            )
            await request.call("iam", "DeletePolicyVersion", PolicyArn=arn, VersionId=oldest)


class Policy(ResourceType):
    """An inline policy put on roles, users and groups."""

    properties: ClassVar[Mapping[str, Any]] = {"PolicyName!": STRING, "PolicyDocument!": JSON, **_HOLDERS}
    attributes = frozenset({"Id"})

    async def create(self, request: Request) -> Made:
        """Put it on everyone named."""
        physical_id = request.name(None)
        await request.created(physical_id)
        return await self.update(request, physical_id, {})

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Put it on everyone named now, and take it from the others."""
        new = request.properties
        text = document(new["PolicyDocument"])
        for kind, name in _holders(new):
            await request.call(
                "iam",
                f"Put{kind}Policy",
                PolicyName=new["PolicyName"],
                PolicyDocument=text,
                **{f"{kind}Name": name},
            )
        for kind, name in _holders(old):
            if (kind, name) not in _holders(new) or old["PolicyName"] != new["PolicyName"]:
                await self._remove(request, kind, name, old["PolicyName"])
        return Made(physical_id=physical_id, attributes={"Id": physical_id})

    async def delete(self, request: Request, physical_id: str) -> None:
        """Take it from everyone."""
        for kind, name in _holders(request.properties):
            await self._remove(request, kind, name, request.properties["PolicyName"])

    async def _remove(self, request: Request, kind: str, name: str, policy: str) -> None:
        await found(request.call("iam", f"Delete{kind}Policy", PolicyName=policy, **{f"{kind}Name": name}))


def _holders(properties: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(kind, name) for kind in _KINDS for name in properties.get(f"{kind}s", [])]
