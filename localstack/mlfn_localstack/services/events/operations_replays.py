"""StartReplay, DescribeReplay, ListReplays, CancelReplay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.events.errors import (
    limit_exceeded,
    one_filter,
    replay_exists,
    replay_state,
    wrong_parameter,
)
from mlfn_localstack.services.events.model import bus_name_of
from mlfn_localstack.services.events.paging import page
from mlfn_localstack.services.events.replays import ACTIVE
from mlfn_localstack.services.events.schedules import seconds_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.events.archives import Archives
    from mlfn_localstack.services.events.model import EventsState
    from mlfn_localstack.services.events.replays import Replay, Replays

MAX_ACTIVE = 10
_ARN = r"arn:aws:events:[a-z0-9-]+:\d{12}:"
_BUS_ARN = re.compile(f"{_ARN}event-bus/.+")
_ARCHIVE_ARN = re.compile(f"{_ARN}archive/.+")
_GIVEN = ("Description", "Destination", "EventSourceArn", "ReplayName")
_LISTED = (
    "EventEndTime",
    "EventLastReplayedTime",
    "EventSourceArn",
    "EventStartTime",
    "ReplayEndTime",
    "ReplayName",
    "ReplayStartTime",
    "State",
    "StateReason",
)
_SHOWN = (*_LISTED, "Description", "Destination", "ReplayArn")


class ReplayOperations:
    """Replays of archives."""

    def __init__(self, state: EventsState, archives: Archives, replays: Replays) -> None:
        self._state = state
        self._archives = archives
        self._replays = replays

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "CancelReplay": self.cancel,
            "DescribeReplay": self.describe,
            "ListReplays": self.list,
            "StartReplay": self.start,
        }

    async def start(self, _context: RequestContext, params: Params) -> Result:
        """A replay that is about to start."""
        self._check(params)
        name = params["ReplayName"]
        if self._replays.find(name) is not None:
            raise replay_exists(name)
        if sum(replay["State"] in ACTIVE for replay in self._replays.all()) >= MAX_ACTIVE:
            raise limit_exceeded()
        replay: Replay = {
            **{member: params[member] for member in _GIVEN if member in params},
            "ReplayArn": self._replays.arn(name),
            "EventStartTime": seconds_of(params["EventStartTime"]),
            "EventEndTime": seconds_of(params["EventEndTime"]),
            "ReplayStartTime": self._state.clock(),
            "State": "STARTING",
        }
        self._replays.begin(replay)
        return {member: replay[member] for member in ("ReplayArn", "ReplayStartTime", "State")}

    async def describe(self, _context: RequestContext, params: Params) -> Result:
        """A replay, and how far it is."""
        return _picked(self._replays.replay(params["ReplayName"]), _SHOWN)

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """Replays by prefix, by archive or by state."""
        given = one_filter(params, "ListReplays")
        prefix = given.pop("NamePrefix", "")
        found = [
            _picked(replay, _LISTED)
            for replay in self._replays.all()
            if replay["ReplayName"].startswith(prefix) and given.items() <= replay.items()
        ]
        return page(found, params, "Replays")

    async def cancel(self, _context: RequestContext, params: Params) -> Result:
        """A replay that is about to end; what was replayed already stays."""
        replay = self._replays.replay(params["ReplayName"])
        if replay["State"] not in ACTIVE:
            raise replay_state(replay["ReplayName"])
        replay = replay | {"State": "CANCELLING"}
        self._replays.put(replay)
        return {member: replay[member] for member in ("ReplayArn", "State")}

    def _check(self, params: Params) -> None:
        destination, source = params["Destination"]["Arn"], params["EventSourceArn"]
        if _BUS_ARN.fullmatch(destination) is None:
            raise wrong_parameter("Destination.Arn", "Must contain an event bus ARN.")
        self._state.bus(bus_name_of(destination))
        if _ARCHIVE_ARN.fullmatch(source) is None:
            raise wrong_parameter("EventSourceArn", "Must contain an archive ARN.")
        name = source.partition(":archive/")[2]
        archive = self._archives.find(name)
        if archive is None:
            raise wrong_parameter("EventSourceArn", f"Archive {name} does not exist.")
        if seconds_of(params["EventStartTime"]) >= seconds_of(params["EventEndTime"]):
            raise wrong_parameter("EventEndTime", "EventStartTime must be before EventEndTime.")
        if archive["EventSourceArn"] != destination:
            raise wrong_parameter("Destination.Arn", "Cross event bus replay is not permitted.")


def _picked(replay: Replay, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: replay[name] for name in names if name in replay}
