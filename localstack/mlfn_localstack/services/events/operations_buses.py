"""Create-, Describe-, Update-, Delete- and ListEventBus(es)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.events.errors import bus_exists, unsupported, validation
from mlfn_localstack.services.events.model import DEFAULT_BUS, EventsState, bus_name_of
from mlfn_localstack.services.events.paging import page
from mlfn_localstack.services.events.tags import tag_map

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.events.model import Bus

_NAME = re.compile(r"[.\-_A-Za-z0-9]+")
_UNSUPPORTED = ("EventSourceName", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig")


class BusOperations:
    """Event buses."""

    def __init__(self, state: EventsState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "CreateEventBus": self.create,
            "DeleteEventBus": self.delete,
            "DescribeEventBus": self.describe,
            "ListEventBuses": self.list,
            "UpdateEventBus": self.update,
        }

    async def create(self, _context: RequestContext, params: Params) -> Result:
        """A new bus."""
        name = params["Name"]
        _refuse_unsupported(params)
        if _NAME.fullmatch(name) is None:
            raise validation(f"Event bus name {name} is not valid.")
        if self._state.find_bus(name) is not None:
            raise bus_exists(name)
        now = self._state.clock()
        bus: Bus = {"Name": name, "Arn": self._state.bus_arn(name), "CreationTime": now, "LastModifiedTime": now}
        bus |= {"Tags": tag_map(params.get("Tags"))} | _description(params)
        self._state.put_bus(bus)
        return {"EventBusArn": bus["Arn"], **_description(params)}

    async def describe(self, _context: RequestContext, params: Params) -> Result:
        """A bus."""
        return _shown(self._state.bus(bus_name_of(params.get("Name"))))

    async def update(self, _context: RequestContext, params: Params) -> Result:
        """A bus with another description."""
        _refuse_unsupported(params)
        bus = self._state.bus(bus_name_of(params.get("Name")))
        bus = bus | _description(params) | {"LastModifiedTime": self._state.clock()}
        self._state.put_bus(bus)
        return {"Arn": bus["Arn"], "Name": bus["Name"], **_description(params)}

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """Buses by prefix."""
        return page([_shown(bus) for bus in self._state.buses(params.get("NamePrefix", ""))], params, "EventBuses")

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, whether it was there or not; the default bus stays."""
        name = bus_name_of(params["Name"])
        if name == DEFAULT_BUS:
            raise validation(f"Cannot delete event bus {name}.")
        if self._state.rules(name):
            raise validation("Event bus can't be deleted since it has rules.")
        self._state.delete_bus(name)
        return {}


def _refuse_unsupported(params: Params) -> None:
    given = [name for name in _UNSUPPORTED if params.get(name)]
    if given:
        raise unsupported(f"{', '.join(given)} of event buses")


def _description(params: Params) -> dict[str, Any]:
    return {"Description": params["Description"]} if "Description" in params else {}


def _shown(bus: Bus) -> Result:
    return {name: value for name, value in bus.items() if name != "Tags"}
