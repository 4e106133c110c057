"""A resource policy that is a resource of its own, put on one or more others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.services.cloudformation.resources.handler import Made, Request, ResourceType, found
from mlfn_localstack.services.cloudformation.resources.iam_role import document

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping


class AttachedPolicy(ResourceType):
    """The policy of everything that `places` names; subclasses say how it is put there (an empty one: taken away)."""

    places: ClassVar[str]
    attributes = frozenset({"Id"})

    def put(self, request: Request, place: str, policy: str) -> Awaitable[Any]:
        """Put a policy on one of them."""
        raise TypeError(f"{type(self).__name__} does not say how to put a policy on {place}")

    async def create(self, request: Request) -> Made:
        """Put it on everything named."""
        physical_id = request.name(None)
        await request.created(physical_id)
        return await self.update(request, physical_id, {})

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Put it anew, and take it from what is not named any more."""
        named = request.properties[self.places]
        await self._take(request, [place for place in old.get(self.places, []) if place not in named])
        for place in named:
            await self.put(request, place, document(request.properties["PolicyDocument"]))
        return Made(physical_id=physical_id, attributes={"Id": physical_id})

    async def delete(self, request: Request, physical_id: str) -> None:
        """Take it from everything named that is still there."""
        await self._take(request, request.properties[self.places])

    async def _take(self, request: Request, places: list[str]) -> None:
        for place in places:
            await found(self.put(request, place, ""))


def attribute_text(value: Any) -> str:
    """A property as services take it that know texts only."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return document(value) if isinstance(value, dict) else str(value)
