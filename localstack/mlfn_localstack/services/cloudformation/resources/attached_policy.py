"""Resource policies that are resources of their own, put on one or more others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.resources.handler import Made, Request, ResourceType, found
from mlfn_localstack.services.cloudformation.resources.iam_entity import document

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping


class Attaching(ABC):
    """How a kind of resource takes a policy."""

    @abstractmethod
    def put(self, request: Request, place: str, policy: str) -> Awaitable[Any]:
        """Put a policy there; an empty one takes it away."""

    @abstractmethod
    async def has_one(self, request: Request, place: str) -> bool:
        """Whether a policy is there."""


class AttachedPolicy(ResourceType):
    """The policy of everything that `places` names."""

    places: ClassVar[str]
    to: ClassVar[Attaching]
    attributes = frozenset({"Id"})

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
            await self.to.put(request, place, document(request.properties["PolicyDocument"]))
        return Made(physical_id=physical_id, attributes={"Id": physical_id})

    async def delete(self, request: Request, physical_id: str) -> None:
        """Take it from everything named that is still there."""
        await self._take(request, request.properties[self.places])

    async def _take(self, request: Request, places: list[str]) -> None:
        for place in places:
            await found(self.to.put(request, place, ""))


class InlinePolicy(ResourceType):
    """The one policy of what `place` names, whose name is the policy's, too."""

    place: ClassVar[str]
    to: ClassVar[Attaching]

    async def create(self, request: Request) -> Made:
        """Put it where none is yet."""
        place = request.properties[self.place]
        if await self.to.has_one(request, place):
            raise ServiceError("AlreadyExists", f"{place} has a policy already.")
        await request.created(place)
        return await self.update(request, place, {})

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Put it anew."""
        await self.to.put(request, physical_id, document(request.properties["PolicyDocument"]))
        return Made(physical_id=physical_id, attributes={})

    async def delete(self, request: Request, physical_id: str) -> None:
        """Take it away if what had it is still there."""
        await found(self.to.put(request, physical_id, ""))


def attribute_text(value: Any) -> str:
    """A property as services take it that know texts only."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return document(value) if isinstance(value, dict) else str(value)
