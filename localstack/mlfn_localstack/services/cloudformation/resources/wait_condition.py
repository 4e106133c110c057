"""AWS::CloudFormation::WaitConditionHandle and WaitCondition: a stack waits for signals from outside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.services.cloudformation.errors import ToldFailureError
from mlfn_localstack.services.cloudformation.resources.handler import Made, Request, ResourceType
from mlfn_localstack.services.cloudformation.schema import INTEGER, STRING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.services.cloudformation.resources.handler import Signals

_MAX_TIMEOUT_S = 43_200


class Handle(ResourceType):
    """Where signals are put."""

    properties: ClassVar[Mapping[str, Any]] = {}
    system_tags = False

    async def create(self, request: Request) -> Made:
        """Make an address."""
        url = _signals(request).address(f"{request.stack_id}/{request.logical_id}")
        await request.created(url)
        return Made(physical_id=url, attributes={})

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Nothing can change."""
        return Made(physical_id=physical_id, attributes={})

    async def delete(self, request: Request, physical_id: str) -> None:
        """Take no more signals into account."""
        _signals(request).forget(f"{request.stack_id}/{request.logical_id}")


class WaitCondition(ResourceType):
    """Is there once as many signals came."""

    properties: ClassVar[Mapping[str, Any]] = {"Count": INTEGER, "Handle!": STRING, "Timeout!": INTEGER}
    attributes = frozenset({"Data"})
    system_tags = False

    def check_change(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Refuse any."""
        raise ToldFailureError("Update to resource type AWS::CloudFormation::WaitCondition is not supported.")

    async def create(self, request: Request) -> Made:
        """Wait."""
        signals, timeout_s = _signals(request), int(request.properties["Timeout"])
        if not 1 <= timeout_s <= _MAX_TIMEOUT_S:
            raise ToldFailureError(f"Timeout must be from 1 to {_MAX_TIMEOUT_S}.")
        place = signals.place(str(request.properties["Handle"]))
        await request.created(place)
        return await self._once_there(request, place)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Go on waiting."""
        return await self._once_there(request, physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Nothing to do."""

    async def _once_there(self, request: Request, place: str) -> Made:
        given = request.properties
        data = await _signals(request).all(place, int(given.get("Count", 1)), int(given["Timeout"]))
        text = json.dumps(data, separators=(",", ":"))
        return Made(physical_id=place, attributes={"Data": text})


def _signals(request: Request) -> Signals:
    if request.signals is None:
        raise LookupError("no signals are waited for outside of a stack's operation")
    return request.signals
