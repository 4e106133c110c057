"""Create-, Describe-, Update-, List- and DeleteArchive(s)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.events.errors import archive_exists, one_filter, unsupported
from mlfn_localstack.services.events.model import bus_name_of
from mlfn_localstack.services.events.operations_rules import check_pattern
from mlfn_localstack.services.events.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.events.archives import Archive, Archives
    from mlfn_localstack.services.events.model import EventsState

_SHOWN = ("ArchiveArn", "CreationTime", "State")
_LISTED = ("ArchiveName", "CreationTime", "EventSourceArn", "RetentionDays", "State")
_SETTINGS = ("Description", "EventPattern", "RetentionDays")


class ArchiveOperations:
    """Archives of buses' events."""

    def __init__(self, state: EventsState, archives: Archives) -> None:
        self._state = state
        self._archives = archives

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "CreateArchive": self.create,
            "DeleteArchive": self.delete,
            "DescribeArchive": self.describe,
            "ListArchives": self.list,
            "UpdateArchive": self.update,
        }

    async def create(self, _context: RequestContext, params: Params) -> Result:
        """A new archive, empty."""
        name = params["ArchiveName"]
        settings = _settings(params)
        self._state.bus(bus_name_of(params["EventSourceArn"]))
        if self._archives.find(name) is not None:
            raise archive_exists(name)
        archive: Archive = {
            "ArchiveArn": self._archives.arn(name),
            "ArchiveName": name,
            "EventSourceArn": params["EventSourceArn"],
            "State": "ENABLED",
            "RetentionDays": 0,
            "CreationTime": self._state.clock(),
            **settings,
        }
        self._archives.put(archive)
        return _picked(archive, _SHOWN)

    async def describe(self, _context: RequestContext, params: Params) -> Result:
        """An archive, and how much is in it."""
        archive = self._archives.archive(params["ArchiveName"])
        return archive | self._archives.counted(archive)

    async def update(self, _context: RequestContext, params: Params) -> Result:
        """An archive with other settings; the events it has stay."""
        archive = self._archives.archive(params["ArchiveName"]) | _settings(params)
        self._archives.put(archive)
        return _picked(archive, _SHOWN)

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """Archives by prefix, by bus or by state."""
        given = one_filter(params, "ListArchives")
        if "EventSourceArn" in given:
            self._state.bus(bus_name_of(given["EventSourceArn"]))
        prefix = given.pop("NamePrefix", "")
        found = [
            _picked(archive, _LISTED) | self._archives.counted(archive)
            for archive in self._archives.all()
            if archive["ArchiveName"].startswith(prefix) and given.items() <= archive.items()
        ]
        return page(found, params, "Archives")

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the archive is gone with its events."""
        self._archives.delete(self._archives.archive(params["ArchiveName"]))
        return {}


def _settings(params: Params) -> dict[str, Any]:
    if params.get("KmsKeyIdentifier"):
        raise unsupported("KmsKeyIdentifier of archives")
    if params.get("EventPattern"):
        check_pattern(params["EventPattern"])
    return _picked(params, _SETTINGS)


def _picked(members: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: members[name] for name in names if members.get(name) is not None}
