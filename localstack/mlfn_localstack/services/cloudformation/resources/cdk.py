"""AWS::CDK::Metadata: what the CDK puts into every template, and nothing that exists."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.services.cloudformation.resources.handler import Made, Request, ResourceType
from mlfn_localstack.services.cloudformation.schema import STRING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Metadata(ResourceType):
    """A note on how the template was made."""

    properties: ClassVar[Mapping[str, Any]] = {"Analytics": STRING, "Modules": STRING}
    system_tags = False

    async def create(self, request: Request) -> Made:
        """Give it an id."""
        made = Made(physical_id=str(uuid.uuid5(uuid.NAMESPACE_OID, request.token)), attributes={})
        await request.created(made.physical_id)
        return made

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Nothing to do."""
        return Made(physical_id=physical_id, attributes={})

    async def delete(self, request: Request, physical_id: str) -> None:
        """Nothing to do."""
