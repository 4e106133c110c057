"""Takes a failed update back: every resource that existed before becomes what it was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlfn_localstack.services.cloudformation.ordering import run_in_order
from mlfn_localstack.services.cloudformation.resources import resource_type
from mlfn_localstack.services.cloudformation.work import failure_reason, incarnation_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from mlfn_localstack.services.cloudformation.state import Incarnation, Resource
    from mlfn_localstack.services.cloudformation.work import Work


class Restoring:
    """One rollback of an update; running it again goes on where it stopped."""

    def __init__(self, work: Work, skipped: Collection[str] = ()) -> None:
        self._work = work
        self._skipped = skipped

    async def run(self) -> list[str]:
        """Restore everything that was there; the logical ids that could not be."""
        for one in list(self._work.resources.values()):
            if one.status == "UPDATE_FAILED" and one.previous is None:
                await self._work.mark(one, "UPDATE_COMPLETE")
        before = {name: one.previous for name, one in self._work.resources.items() if one.previous is not None}
        needs = {name: one.needs for name, one in before.items()}
        return await run_in_order(needs, self._one, keep_going=True)

    async def _one(self, logical_id: str) -> bool:
        resource = self._work.resources[logical_id]
        previous = resource.previous
        if previous is None:
            return True
        if resource.attempted is None:
            await self._swap_back(resource, previous)
            return True
        if logical_id in self._skipped:
            await self._work.mark(resource, "UPDATE_COMPLETE", "Resource skipped", attempted=None)
            return True
        try:
            await self._update_back(resource, previous)
        except Exception as error:
            newest = self._work.resources[logical_id]
            await self._work.mark(newest, "UPDATE_FAILED", failure_reason(error))
            return False
        return True

    async def _swap_back(self, resource: Resource, previous: Incarnation) -> None:
        """The old one was never touched: it counts again, and the new one is left over."""
        await self._work.mark(resource, "UPDATE_COMPLETE", current=previous, previous=None, discard=resource.current)

    async def _update_back(self, resource: Resource, previous: Incarnation) -> None:
        resource = await self._work.mark(resource, "UPDATE_IN_PROGRESS")
        meant = await self._work.meant(resource, previous.properties)
        attempted = self._work.marked(resource, resource.attempted) if resource.attempted else {}
        request = replace(self._work.request(resource, meant), remembered=previous.attributes)
        now = incarnation_of(resource)
        made = await resource_type(previous.type).update(request, now.physical_id, attempted)
        restored = replace(previous, physical_id=made.physical_id, attributes=made.attributes)
        left = now if made.physical_id != now.physical_id else None
        await self._work.mark(
            resource, "UPDATE_COMPLETE", current=restored, previous=None, attempted=None, discard=left
        )
