"""Carries stacks from status to status; a status says what is to be done next, so an interrupted stack just goes on."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import Environment, ServiceError
from mlfn_localstack.services.cloudformation.applying import Applying
from mlfn_localstack.services.cloudformation.errors import ToldFailureError
from mlfn_localstack.services.cloudformation.evaluation import Evaluation, evaluate_revision
from mlfn_localstack.services.cloudformation.importing import Importing
from mlfn_localstack.services.cloudformation.intrinsics import first_unknown
from mlfn_localstack.services.cloudformation.outside import outside_of
from mlfn_localstack.services.cloudformation.removing import Removing
from mlfn_localstack.services.cloudformation.restoring import Restoring
from mlfn_localstack.services.cloudformation.state import Revision, Stack, Stacks, moment, now
from mlfn_localstack.services.cloudformation.work import Work, record_stack_event

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

_LOG = logging.getLogger(__name__)
INITIATED = "User Initiated"
_TOO_LONG = "Stack creation time exceeded the specified timeout."
_MINUTE_S = 60.0
_STUCK = {
    "CREATE_IN_PROGRESS": "CREATE_FAILED",
    "ROLLBACK_IN_PROGRESS": "ROLLBACK_FAILED",
    "UPDATE_IN_PROGRESS": "UPDATE_FAILED",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_IN_PROGRESS": "UPDATE_ROLLBACK_FAILED",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_ROLLBACK_COMPLETE",
    "DELETE_IN_PROGRESS": "DELETE_FAILED",
    "IMPORT_IN_PROGRESS": "IMPORT_ROLLBACK_FAILED",
    "IMPORT_ROLLBACK_IN_PROGRESS": "IMPORT_ROLLBACK_FAILED",
}
"""Where a stack ends when a step itself breaks: never in progress for ever."""


class Engine:
    """Runs the operations of all stacks, one at a time for each."""

    def __init__(self, environment: Environment, stacks: Stacks) -> None:
        self._environment = environment
        self._stacks = stacks
        self._running: dict[str, asyncio.Task[None]] = {}
        self._interruptions: dict[str, asyncio.Event] = {}
        self.outside = outside_of(environment)

    def evaluate(
        self, revision: Revision, stack_name: str, stack_id: str, *, exports_may_come: bool = True
    ) -> Evaluation:
        """A revision with its parameters applied, for one stack.

        Raises:
            ServiceError: as CloudFormation refuses the template.
        """
        pseudo = self.pseudo(stack_name, stack_id, revision)
        exports = {name: value for name, (value, _) in self._stacks.exports().items()}
        return evaluate_revision(revision, pseudo, exports, exports_may_come=exports_may_come)

    def pseudo(self, stack_name: str, stack_id: str, revision: Revision) -> Mapping[str, Any]:
        """What the pseudo parameters mean for a stack."""
        return {
            "AWS::AccountId": self._environment.account_id,
            "AWS::NotificationARNs": revision.notification_arns,
            "AWS::Partition": "aws",
            "AWS::Region": self._environment.region,
            "AWS::StackId": stack_id,
            "AWS::StackName": stack_name,
            "AWS::URLSuffix": "amazonaws.com",
        }

    def begin(self, stack: Stack) -> None:
        """Record a stack that has just been given a status, and do what the status asks for."""
        self._stacks.put(stack)
        record_stack_event(self._stacks, stack)
        self._launch(stack.id)

    def resume(self) -> None:
        """Go on with every stack that was interrupted."""
        for stack in self._stacks.all():
            if stack.in_progress:
                self._launch(stack.id)

    def interrupt(self, stack_id: str, **requested: bool) -> None:
        """Have a running operation begin nothing more, and wait for no provider."""
        self._stacks.update(stack_id, **requested)
        if stack_id in self._interruptions:
            self._interruptions[stack_id].set()

    async def settled(self, stack_id: str) -> None:
        """Return once nothing is under way for a stack."""
        task = self._running.get(stack_id)
        if task is not None:
            await asyncio.shield(task)

    async def stop(self) -> None:
        """Stop where we are; `resume` goes on from there."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _launch(self, stack_id: str) -> None:
        task = asyncio.get_running_loop().create_task(self._run(stack_id))
        self._running[stack_id] = task
        task.add_done_callback(lambda _: self._ended(stack_id))

    def _ended(self, stack_id: str) -> None:
        self._running.pop(stack_id, None)
        self._interruptions.pop(stack_id, None)

    async def _run(self, stack_id: str) -> None:
        steps: dict[str, Callable[[Work], Awaitable[None]]] = {
            "CREATE_IN_PROGRESS": self._create,
            "ROLLBACK_IN_PROGRESS": self._roll_back_creation,
            "UPDATE_IN_PROGRESS": self._update,
            "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": self._clean_up,
            "UPDATE_ROLLBACK_IN_PROGRESS": self._roll_back_update,
            "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": self._clean_up_rollback,
            "DELETE_IN_PROGRESS": self._delete,
            "IMPORT_IN_PROGRESS": self._import,
            "IMPORT_ROLLBACK_IN_PROGRESS": self._roll_back_import,
        }
        while (stack := self._stacks.find(stack_id)) is not None and stack.status in steps:
            work = Work(self._environment, self._stacks, stack, self.outside)
            self._interruptions[stack_id] = work.interruption
            try:
                await steps[stack.status](work)
            except Exception as error:
                _LOG.exception("Stack %s stopped in %s", stack.name, stack.status)
                await work.stack_status(_STUCK[stack.status], f"Internal Failure: {error}")

    def _evaluation(self, work: Work) -> Evaluation:
        return self.evaluate(work.stack.revision, work.stack.name, work.stack.id, exports_may_come=False)

    async def _create(self, work: Work) -> None:
        with self._limited(work.stack):
            problem, outputs = await self._apply(work)
        newest = self._stacks.find(work.stack.id)
        if newest and newest.cancel_requested:
            self._stacks.update(work.stack.id, cancel_requested=False)
            problem = _TOO_LONG
        if newest and newest.delete_requested:
            await work.stack_status("DELETE_IN_PROGRESS", INITIATED, delete_requested=False, deleted_at=now())
        elif problem is None:
            await work.stack_status("CREATE_COMPLETE", outputs=outputs)
        elif work.stack.on_failure == "DO_NOTHING":
            await work.stack_status("CREATE_FAILED", problem)
        elif work.stack.on_failure == "DELETE":
            await work.stack_status("DELETE_IN_PROGRESS", f"{problem} Delete requested by user.", deleted_at=now())
        else:
            await work.stack_status("ROLLBACK_IN_PROGRESS", f"{problem} Rollback requested by user.", deleted_at=now())

    @contextmanager
    def _limited(self, stack: Stack) -> Iterator[None]:
        """Have nothing more begun once a creation has taken as long as it may."""
        if stack.timeout_minutes is None:
            yield
            return
        left_s = moment(stack.created_at).timestamp() + stack.timeout_minutes * _MINUTE_S - time.time()
        expiry = asyncio.get_running_loop().call_later(
            max(left_s, 0), lambda: self.interrupt(stack.id, cancel_requested=True)
        )
        try:
            yield
        finally:
            expiry.cancel()

    async def _update(self, work: Work) -> None:
        problem, outputs = await self._apply(work)
        newest = self._stacks.find(work.stack.id)
        if newest and newest.cancel_requested:
            await work.stack_status("UPDATE_ROLLBACK_IN_PROGRESS", INITIATED, cancel_requested=False)
        elif problem is None:
            await work.stack_status("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", outputs=outputs, updated_at=now())
        elif work.stack.on_failure == "DO_NOTHING":
            await work.stack_status("UPDATE_FAILED", problem)
        else:
            await work.stack_status("UPDATE_ROLLBACK_IN_PROGRESS", problem)

    async def _apply(self, work: Work) -> tuple[str | None, list[dict[str, Any]]]:
        """What failed, in the words of the stack's event, and the outputs if nothing did."""
        if work.stack.problem:
            return f"{work.stack.problem}.", []
        try:
            evaluation = self._evaluation(work)
            failed = await Applying(work, evaluation).run()
            if failed:
                return _failures(work, failed), []
            outputs = evaluation.outputs(work.known)
            unknown = first_unknown([one["OutputValue"] for one in outputs])
            if unknown is not None:
                raise work.missing(unknown)
            self._check_exports(work.stack, outputs)
            self._stacks.update(work.stack.id, imports=sorted(evaluation.scope.imported))
            return None, outputs
        except ServiceError as error:
            return error.message, []
        except ToldFailureError as error:
            return f"{error}.", []

    def _check_exports(self, stack: Stack, outputs: list[dict[str, Any]]) -> None:
        exports = self._stacks.exports()
        for name in (output["ExportName"] for output in outputs if "ExportName" in output):
            if name in exports and exports[name][1] != stack.id:
                other = exports[name][1].split("/")[1]
                raise ServiceError("ValidationError", f"Export with name {name} is already exported by stack {other}.")

    async def _clean_up(self, work: Work) -> None:
        await Removing(work).leftovers(self._evaluation(work).active)
        before = work.stack.previous if work.stack.parent_id else None
        await work.stack_status("UPDATE_COMPLETE", previous=None, before=before)

    async def _roll_back_update(self, work: Work) -> None:
        failed = await Restoring(work, work.stack.retain).run()
        if failed:
            await work.stack_status(
                "UPDATE_ROLLBACK_FAILED", f"The following resource(s) failed to update: [{', '.join(failed)}]. "
            )
            return
        before = work.stack.previous or work.stack.revision
        await work.stack_status("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", revision=before, retain=[])

    async def _clean_up_rollback(self, work: Work) -> None:
        await Removing(work).leftovers(self._evaluation(work).active, creating=True)
        await work.stack_status("UPDATE_ROLLBACK_COMPLETE", previous=None, updated_at=now())

    async def _roll_back_creation(self, work: Work) -> None:
        failed = await Removing(work).all(creating=True)
        status = "ROLLBACK_FAILED" if failed else "ROLLBACK_COMPLETE"
        await work.stack_status(status, _undeleted(failed), outputs=[])

    async def _delete(self, work: Work) -> None:
        failed = await Removing(work).all(retained=work.stack.retain)
        if failed:
            await work.stack_status("DELETE_FAILED", _undeleted(failed))
        else:
            await work.stack_status("DELETE_COMPLETE", deleted_at=now())

    async def _import(self, work: Work) -> None:
        evaluation = self._evaluation(work)
        failed = await Importing(work, evaluation).run()
        if failed:
            problem = f"The following resource(s) failed to import: [{', '.join(failed)}]. "
            await work.stack_status("IMPORT_ROLLBACK_IN_PROGRESS", problem)
            return
        await work.stack_status(
            "IMPORT_COMPLETE", outputs=evaluation.outputs(work.known), previous=None, importing={}, updated_at=now()
        )

    async def _roll_back_import(self, work: Work) -> None:
        await Importing(work, self._evaluation(work)).forget()
        before = work.stack.previous or work.stack.revision
        await work.stack_status("IMPORT_ROLLBACK_COMPLETE", revision=before, previous=None, importing={})


def _undeleted(failed: list[str]) -> str | None:
    return f"The following resource(s) failed to delete: [{', '.join(failed)}]. " if failed else None


def _failures(work: Work, failed: list[str]) -> str:
    statuses = {name: work.resources[name].status for name in failed}
    created = [name for name, status in statuses.items() if status == "CREATE_FAILED"]
    updated = [name for name, status in statuses.items() if status != "CREATE_FAILED"]
    parts = [
        f"The following resource(s) failed to {verb}: [{', '.join(names)}]."
        for verb, names in (("create", created), ("update", updated))
        if names
    ]
    return " ".join(parts)
