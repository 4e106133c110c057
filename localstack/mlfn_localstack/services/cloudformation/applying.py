"""Brings every resource of a revision to what its template says: created, changed in place or replaced."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.intrinsics import first_unknown
from mlfn_localstack.services.cloudformation.ordering import run_in_order
from mlfn_localstack.services.cloudformation.resources import resource_type
from mlfn_localstack.services.cloudformation.resources.handler import HalfMadeError, Made
from mlfn_localstack.services.cloudformation.stack_policy import StackPolicyDeniedError, UpdateAction, refuse_change
from mlfn_localstack.services.cloudformation.state import Incarnation, Resource, now
from mlfn_localstack.services.cloudformation.work import failure_reason

if TYPE_CHECKING:
    from mlfn_localstack.services.cloudformation.evaluation import Evaluation
    from mlfn_localstack.services.cloudformation.work import Work

REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."
PROVIDER_REPLACED = "Requested update required the provider to create a new physical resource"


class Applying:
    """One run over a revision's resources; running it again goes on where it stopped."""

    def __init__(self, work: Work, evaluation: Evaluation) -> None:
        self._work = work
        self._evaluation = evaluation

    async def run(self) -> list[str]:
        """Apply everything; the logical ids that failed."""
        return await self._kept() or await run_in_order(self._evaluation.needs, self._one)

    async def _kept(self) -> list[str]:
        """The logical ids that are to go, but that the stack's policy keeps."""
        kept = []
        for one in list(self._work.resources.values()):
            if one.current is None or one.logical_id in self._evaluation.active:
                continue
            try:
                self._check_policy(one, UpdateAction.DELETE)
            except StackPolicyDeniedError as denied:
                await self._work.mark(one, "UPDATE_FAILED", str(denied))
                kept.append(one.logical_id)
        return kept

    def _check_policy(self, resource: Resource, action: UpdateAction) -> None:
        policy = self._work.stack.policy_in_force if self._work.stack.previous else ""
        refuse_change(policy, action, resource.logical_id, resource.type)

    async def _one(self, logical_id: str) -> bool:
        work, kind = self._work, self._evaluation.active[logical_id].type
        resource = work.resources.get(logical_id)
        if resource is None or (resource.current is None and resource.previous is None):
            token = resource.token if resource and resource.status == "CREATE_IN_PROGRESS" else uuid.uuid4().hex
            fresh = Resource(logical_id=logical_id, type=kind, status="CREATE_IN_PROGRESS", updated_at=now())
            resource = replace(resource or fresh, token=token, type=kind)
        stack = work.stacks.find(work.stack.id)
        if stack and (stack.delete_requested or stack.cancel_requested):
            return await self._cancelled(resource)
        try:
            properties = self._evaluation.properties(logical_id, work.known)
            if (unknown := first_unknown(properties)) is not None:
                raise work.missing(unknown)
            work.told[logical_id] = self._evaluation.told(logical_id, work.known)
            await self._bring(resource, properties)
        except Exception as error:
            return await self._failed(logical_id, resource, error)
        return True

    async def _cancelled(self, resource: Resource) -> bool:
        """Say of a resource that nobody wants it any more, and begin nothing."""
        verb, noun = ("UPDATE", "update") if resource.current else ("CREATE", "creation")
        await self._work.mark(resource, f"{verb}_FAILED", f"Resource {noun} cancelled")
        return False

    async def _failed(self, logical_id: str, resource: Resource, error: Exception) -> bool:
        newest = self._work.resources.get(logical_id, resource)
        existed = newest.previous is not None or (newest.current is not None and newest.status != "CREATE_IN_PROGRESS")
        status = "UPDATE_FAILED" if existed else "CREATE_FAILED"
        left = error.left if isinstance(error, HalfMadeError) else None
        await self._work.mark(newest, status, failure_reason(error), current=left or newest.current)
        if self._work.stack.on_failure != "DO_NOTHING":
            self._work.interruption.set()
        return False

    async def _bring(self, resource: Resource, properties: dict[str, Any]) -> None:
        current = resource.current
        if current is None or self._half_made(resource):
            await self._create(resource, properties)
            return
        kind, names = resource_type(current.type), changed_names(current.properties, properties)
        if not names and not kind.reexamined:
            self._unchanged(resource, properties)
            return
        kind.check_change(current.properties, properties)
        if names & kind.create_only:
            self._check_policy(resource, UpdateAction.REPLACE)
            self._check_name(current, properties)
            fresh = replace(resource, previous=current, current=None, token=uuid.uuid4().hex)
            await self._create(fresh, properties)
        else:
            self._check_policy(resource, UpdateAction.MODIFY)
            await self._update(resource, current, properties)

    def _half_made(self, resource: Resource) -> bool:
        """Whether it exists, but an interruption kept it from being complete."""
        replacing = resource.previous is not None and resource.current is not None
        if replacing and resource.status == "UPDATE_IN_PROGRESS":
            return resource.previous.physical_id != resource.current.physical_id  # type: ignore[union-attr]  # both are there
        return resource.status in ("CREATE_IN_PROGRESS", "CREATE_FAILED")

    async def _create(self, resource: Resource, properties: dict[str, Any]) -> None:
        verb, work = ("UPDATE" if resource.previous else "CREATE"), self._work
        again = resource.logical_id in work.resources and resource.status == f"{verb}_IN_PROGRESS"
        if not again:
            reason = REPLACING if resource.previous else None
            resource = await work.mark(resource, f"{verb}_IN_PROGRESS", reason)

        def half(physical_id: str) -> Incarnation:
            made = Made(physical_id=physical_id, attributes={})
            return self._incarnation(resource.logical_id, made, properties)

        async def created(physical_id: str) -> None:
            await work.mark(resource, f"{verb}_IN_PROGRESS", "Resource creation Initiated", current=half(physical_id))

        meant = await work.meant(resource, properties)
        kind, request = resource_type(resource.type), work.request(resource, meant, created)
        left = resource.current.physical_id if resource.current else None
        left = left or (await kind.find(request) if again else None)
        if left is not None:
            await created(left)
        try:
            made = await (kind.create(request) if left is None else kind.update(request, left, {}))
        except HalfMadeError as error:
            error.left = half(error.physical_id)
            raise
        await self._complete(resource.logical_id, f"{verb}_COMPLETE", made, properties)

    async def _update(self, resource: Resource, current: Incarnation, properties: dict[str, Any]) -> None:
        work = self._work
        resource = await work.mark(
            resource, "UPDATE_IN_PROGRESS", previous=resource.previous or current, attempted=properties
        )
        request = work.request(resource, await work.meant(resource, properties))
        old = work.marked(resource, current.properties)
        try:
            made = await resource_type(current.type).update(request, current.physical_id, old)
        except HalfMadeError as error:
            error.left = replace(current, physical_id=error.physical_id, properties=properties)
            raise
        if made.physical_id != current.physical_id:
            await work.tell(replace(resource, reason=PROVIDER_REPLACED, physical_id=made.physical_id))
        await self._complete(resource.logical_id, "UPDATE_COMPLETE", made, properties)

    async def _complete(self, logical_id: str, status: str, made: Made, properties: dict[str, Any]) -> None:
        done = self._incarnation(logical_id, made, properties)
        self._work.known.put(logical_id, done)
        await self._work.mark(self._work.resources[logical_id], status, current=done)

    def _unchanged(self, resource: Resource, properties: dict[str, Any]) -> None:
        """Take over what only the stack knows: policies and dependencies."""
        if resource.current is not None:
            current = resource.current
            same = self._incarnation(resource.logical_id, _made(current), properties)
            self._work.keep(replace(resource, current=same))

    def _check_name(self, current: Incarnation, properties: dict[str, Any]) -> None:
        name = resource_type(current.type).name_property
        if name and name in properties and properties[name] == current.properties.get(name):
            raise ServiceError(
                "InvalidRequest",
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {current.physical_id} and update the stack again.",
            )

    def _incarnation(self, logical_id: str, made: Made, properties: dict[str, Any]) -> Incarnation:
        declaration = self._evaluation.active[logical_id]
        return Incarnation(
            type=declaration.type,
            physical_id=made.physical_id,
            properties=properties,
            attributes=made.attributes,
            needs=sorted(self._evaluation.needs[logical_id]),
            deletion_policy=declaration.deletion_policy,
            replace_policy=declaration.replace_policy,
            is_secret=made.is_secret,
            request_id=made.request_id,
        )


def _made(one: Incarnation) -> Made:
    return Made(
        physical_id=one.physical_id, attributes=one.attributes, is_secret=one.is_secret, request_id=one.request_id
    )


def changed_names(old: dict[str, Any], new: dict[str, Any]) -> set[str]:
    """The properties that differ."""
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
