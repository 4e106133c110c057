"""AWS::IAM::User through IAM's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.resources.iam_entity import SHARED, Entity
from mlfn_localstack.services.cloudformation.schema import JSON, STRING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.services.cloudformation.resources.handler import Made, Request

_NOT_HERE = ("Groups", "LoginProfile")


class User(Entity):
    """A user with inline and attached policies."""

    kind = "User"
    properties: ClassVar[Mapping[str, Any]] = {
        **SHARED,
        "Groups": [STRING],
        "LoginProfile": JSON,
        "UserName": STRING,
    }
    create_only = frozenset({"UserName"})
    attributes = frozenset({"Arn"})
    name_property = "UserName"
    identifier = "UserName"

    async def create(self, request: Request) -> Made:
        """Create the user, then put and attach its policies."""
        _refuse(request)
        name = self.name(request)
        given = request.pick("Path", "PermissionsBoundary", "Tags")
        await request.call("iam", "CreateUser", UserName=name, **given)
        await request.created(name)
        await self.put_policies(request, name, {})
        return await self.made(request, name)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change path, limits, policies and tags."""
        _refuse(request)
        path = request.properties.get("Path", "/")
        if path != old.get("Path", "/"):
            await self.ask(request, "Update…", physical_id, NewPath=path)
        await self.put_policies(request, physical_id, old)
        await self.put_limits(request, physical_id, old)
        return await self.made(request, physical_id)


def _refuse(request: Request) -> None:
    for name in _NOT_HERE:
        if request.properties.get(name):
            raise ServiceError("UnsupportedOperation", f"The emulator does not support {name} of users.")
