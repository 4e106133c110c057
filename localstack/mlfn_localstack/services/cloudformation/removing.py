"""Removes resources: all of a stack, what an update left over, or what a failed creation made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.ordering import backwards, run_in_order
from mlfn_localstack.services.cloudformation.resources import resource_type
from mlfn_localstack.services.cloudformation.resources.handler import is_missing
from mlfn_localstack.services.cloudformation.work import failure_reason, incarnation_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from mlfn_localstack.services.cloudformation.state import Incarnation, Resource
    from mlfn_localstack.services.cloudformation.work import Work


class Removing:
    """Removals of one operation; running it again goes on where it stopped."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def all(self, *, retained: Collection[str] = (), creating: bool = False) -> list[str]:
        """Remove every resource, after what needs it; the logical ids that could not be."""
        needs = {
            name: incarnation_of(one).needs for name, one in self._work.resources.items() if one.current is not None
        }

        async def one(name: str) -> bool:
            resource = self._work.resources[name]
            keep = name in retained or self._keeps(incarnation_of(resource).deletion_policy, creating=creating)
            return await self._remove(resource, keep=keep)

        return await run_in_order(backwards(needs), one, keep_going=True)

    async def leftovers(self, wanted: Iterable[str], *, creating: bool = False) -> list[str]:
        """Remove what was replaced or discarded, and what is not wanted; the logical ids that could not be."""
        self._work.cleaning = True
        names = set(wanted)
        old = {name: self._leftover(one, names) for name, one in self._work.resources.items()}
        needs = {name: one.needs for name, one in old.items() if one is not None}

        async def one(name: str) -> bool:
            resource = self._work.resources[name]
            if name in names:
                return await self._remove_replaced(resource)
            policy = incarnation_of(resource).deletion_policy if resource.current else "Delete"
            gone = await self._remove(resource, keep=self._keeps(policy, creating=creating))
            self._work.drop(name)
            return gone

        failed = await run_in_order(backwards(needs), one, keep_going=True)
        for name, resource in list(self._work.resources.items()):
            if name not in names:
                self._work.drop(name)
            elif resource.previous or resource.attempted or resource.discard:
                self._work.keep(replace(resource, previous=None, attempted=None, discard=None))
        return failed

    def _keeps(self, policy: str, *, creating: bool) -> bool:
        """Whether a policy keeps a resource: what was just made goes, if the policy or the operation says so."""
        if creating and self._work.stack.retain_except_on_create:
            return False
        return policy == "Retain" or (policy == "RetainExceptOnCreate" and not creating)

    def _leftover(self, resource: Resource, wanted: set[str]) -> Incarnation | None:
        if resource.logical_id not in wanted:
            return resource.current
        previous, current = resource.previous, resource.current
        replaced = previous and current and previous.physical_id != current.physical_id
        return resource.discard or (previous if replaced else None)

    async def _remove_replaced(self, resource: Resource) -> bool:
        """Remove what was replaced, or what a rollback discards; what took its place keeps its status."""
        old = resource.discard or resource.previous
        if old is None:
            return True
        policy = "Delete" if resource.discard else incarnation_of(resource).replace_policy
        shown = replace(resource, physical_id=old.physical_id)
        status, reason = "DELETE_SKIPPED", None
        if not self._keeps(policy, creating=False):
            await self._work.tell(replace(shown, status="DELETE_IN_PROGRESS", reason=None))
            reason = await self._delete(resource, old)
            status = "DELETE_FAILED" if reason else "DELETE_COMPLETE"
        await self._work.tell(replace(shown, status=status, reason=reason))
        self._work.keep(replace(resource, previous=None, attempted=None, discard=None))
        return status != "DELETE_FAILED"

    async def _remove(self, resource: Resource, *, keep: bool) -> bool:
        work, current = self._work, incarnation_of(resource)
        if keep:
            skipped = await work.mark(resource, "DELETE_SKIPPED")
            work.keep(replace(skipped, current=None))
            return True
        resource = await work.mark(resource, "DELETE_IN_PROGRESS")
        reason = await self._delete(resource, current)
        if reason is not None:
            await work.mark(resource, "DELETE_FAILED", reason)
            return False
        done = await work.mark(resource, "DELETE_COMPLETE")
        work.keep(replace(done, current=None))
        return True

    async def _delete(self, resource: Resource, old: Incarnation) -> str | None:
        """Why the resource cannot be deleted, or None once it is gone."""
        request = self._work.request(resource, old.properties)
        try:
            await resource_type(old.type).delete(request, old.physical_id)
        except Exception as error:
            if not (isinstance(error, ServiceError) and is_missing(error)):
                return failure_reason(error)
        return None
