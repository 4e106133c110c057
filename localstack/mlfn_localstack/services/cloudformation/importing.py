"""Takes resources over that exist already: the stack has them from then on, as they are."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from mlfn_localstack.services.cloudformation.resources import resource_type
from mlfn_localstack.services.cloudformation.state import Incarnation, Resource, now
from mlfn_localstack.services.cloudformation.work import failure_reason

if TYPE_CHECKING:
    from mlfn_localstack.services.cloudformation.evaluation import Evaluation
    from mlfn_localstack.services.cloudformation.work import Work

_TAGGING = "Apply stack-level tags to imported resource if applicable."


class Importing:
    """One import; running it again goes on where it stopped."""

    def __init__(self, work: Work, evaluation: Evaluation) -> None:
        self._work = work
        self._evaluation = evaluation

    async def run(self) -> list[str]:
        """Take everything over, in the order of the template's dependencies; the logical ids that failed."""
        for name in self._evaluation.active:
            if name in self._work.stack.importing and not await self._one(name):
                return [name]
        return []

    async def forget(self) -> None:
        """Have the stack be without what was taken over; nothing happens to that itself."""
        for name in self._work.stack.importing:
            resource = self._work.resources.get(name)
            if resource is not None:
                await self._work.mark(resource, "IMPORT_ROLLBACK_IN_PROGRESS")
                await self._work.mark(resource, "IMPORT_ROLLBACK_COMPLETE", current=None)
                self._work.drop(name)

    async def _one(self, logical_id: str) -> bool:
        work, declaration = self._work, self._evaluation.active[logical_id]
        resource = Resource(
            logical_id=logical_id,
            type=declaration.type,
            status="IMPORT_IN_PROGRESS",
            updated_at=now(),
            token=uuid.uuid4().hex,
            physical_id=work.stack.importing[logical_id],
        )
        try:
            work.told[logical_id] = self._evaluation.told(logical_id, work.known)
            await self._take_over(resource)
        except Exception as error:  # whatever it is, the import ends with a status and its reason
            newest = work.resources.get(logical_id, resource)
            await work.mark(newest, "IMPORT_FAILED", failure_reason(error))
            return False
        return True

    async def _take_over(self, resource: Resource) -> None:
        work, name = self._work, resource.logical_id
        declaration = self._evaluation.active[name]
        properties = self._evaluation.properties(name, work.known)
        taken = Incarnation(
            type=resource.type,
            physical_id=resource.physical_id,
            properties=properties,
            attributes={},
            needs=sorted(self._evaluation.needs[name]),
            deletion_policy=declaration.deletion_policy,
            replace_policy=declaration.replace_policy,
        )
        await work.mark(resource, "IMPORT_IN_PROGRESS", "Resource import started.")
        resource = await work.mark(resource, "IMPORT_COMPLETE", "Resource import completed.", current=taken)
        resource = await work.mark(resource, "UPDATE_IN_PROGRESS", _TAGGING)
        meant = await work.meant(resource, properties)
        made = await resource_type(resource.type).update(work.request(resource, meant), taken.physical_id, meant)
        whole = replace(taken, attributes=made.attributes)
        work.known.put(name, whole)
        await work.mark(resource, "UPDATE_COMPLETE", current=whole)
