"""Replays: events of an archive put on its bus again.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.events.errors import no_replay
from mlfn_localstack.services.events.model import bus_name_of

if TYPE_CHECKING:
    from mlfn_localstack.services.events.archives import Archives
    from mlfn_localstack.services.events.model import EventsState
    from mlfn_localstack.services.events.publishing import Publisher

_LOG = logging.getLogger(__name__)
Replay = dict[str, Any]
"""Members of DescribeReplay, times as numbers, and `Place`: the time and row of what was replayed last."""
STARTING_S = 1.0
"""How long a replay is about to start; on AWS it is minutes."""
ACTIVE = ("STARTING", "RUNNING")
_UNFINISHED = (*ACTIVE, "CANCELLING")


class Replays:
    """Replays, and the tasks that carry them out."""

    def __init__(self, state: EventsState, archives: Archives, publisher: Publisher) -> None:
        self._state = state
        self._archives = archives
        self._publisher = publisher
        self._documents = state.environment.store.documents("events-replay")
        self._tasks: set[asyncio.Task[None]] = set()

    def arn(self, name: str) -> str:
        """The ARN of a replay."""
        environment = self._state.environment
        return f"arn:aws:events:{environment.region}:{environment.account_id}:replay/{name}"

    def find(self, name: str) -> Replay | None:
        """A replay, or None."""
        found: Replay | None = self._documents.get(name)
        return found

    def replay(self, name: str) -> Replay:
        """A replay.

        Raises:
            ServiceError: ResourceNotFoundException.
        """
        found = self.find(name)
        if found is None:
            raise no_replay(name)
        return found

    def all(self) -> list[Replay]:
        """All replays, by name."""
        return [replay for _, replay in sorted(self._documents.items())]

    def put(self, replay: Replay) -> None:
        """Write a replay."""
        self._documents.put(replay["ReplayName"], replay)

    def begin(self, replay: Replay) -> None:
        """Write a new replay, and carry it out meanwhile."""
        self.put(replay)
        self._run(replay["ReplayName"])

    def start(self) -> None:
        """Go on with what was under way when the emulator stopped."""
        for replay in self.all():
            if replay["State"] in _UNFINISHED:
                self._run(replay["ReplayName"])

    async def stop(self) -> None:
        """Leave the rest for the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _run(self, name: str) -> None:
        task = asyncio.create_task(self._carry_out(name))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, name: str) -> None:
        try:
            await asyncio.sleep(STARTING_S)
            while self._replay_some(name):
                await self._state.environment.store.durable()
        except Exception:  # a replay that ends by a mistake of ours has to say that it ended
            _LOG.exception("Replay %s failed", name)
            self.put(self.replay(name) | {"State": "FAILED", "ReplayEndTime": self._state.clock()})

    def _replay_some(self, name: str) -> bool:
        """Put the next events on the bus, and note how far it is; whether there may be more."""
        replay = self.replay(name)
        if replay["State"] not in ACTIVE:
            self.put(replay | {"State": "CANCELLED", "ReplayEndTime": self._state.clock()})
            return False
        archive = self._archives.find(replay["EventSourceArn"].partition(":archive/")[2])
        after = tuple(replay.get("Place") or (replay["EventStartTime"], 0))
        found = self._archives.events(archive, after, replay["EventEndTime"]) if archive else []
        if not found:
            self.put(replay | {"State": "COMPLETED", "ReplayEndTime": self._state.clock()})
            return False
        destination = replay["Destination"]
        for each in found:
            bus, rules = bus_name_of(destination["Arn"]), destination.get("FilterArns")
            self._publisher.publish(_replayed(each.event, name), bus, rules or None)
        last = found[-1]
        self.put(replay | {"State": "RUNNING", "EventLastReplayedTime": last.at, "Place": [last.at, last.row]})
        return True


def _replayed(event: dict[str, Any], name: str) -> dict[str, Any]:
    """The event with the replay's name, where AWS puts it."""
    last = {member: event[member] for member in ("resources", "detail")}
    return {member: value for member, value in event.items() if member not in last} | {"replay-name": name} | last
