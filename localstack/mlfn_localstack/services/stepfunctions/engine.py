"""Executions under way: started, resumed after a restart, stopped, redriven, awaited."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName, StateError
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload, parse
from mlfn_localstack.services.stepfunctions.clock import instant
from mlfn_localstack.services.stepfunctions.description import describe_execution
from mlfn_localstack.services.stepfunctions.execution_log import ExecutionLog
from mlfn_localstack.services.stepfunctions.express_children import ExpressChildren
from mlfn_localstack.services.stepfunctions.interpreter.deadline import before
from mlfn_localstack.services.stepfunctions.interpreter.frame import Frame
from mlfn_localstack.services.stepfunctions.interpreter.loop import run_scope
from mlfn_localstack.services.stepfunctions.interpreter.world import ChildSpec, Clock, Ended, Run
from mlfn_localstack.services.stepfunctions.journal import DurableJournal, MemoryJournal, report
from mlfn_localstack.services.stepfunctions.map_runs import aborted, child_execution
from mlfn_localstack.services.stepfunctions.model import Execution
from mlfn_localstack.services.stepfunctions.status_events import StatusEvents
from mlfn_localstack.services.stepfunctions.tokens import TaskTokens

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from mlfn_localstack.service import Environment
    from mlfn_localstack.services.stepfunctions.asl.flow import Definition
    from mlfn_localstack.services.stepfunctions.model import Executions

_EXPRESS_LIMIT_S = 300
_T = TypeVar("_T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """What an execution's coroutine begins with."""

    run: Run
    scope: Definition
    frame: Frame
    variables: dict[str, Any]
    deadline: float | None


class Engine:
    """All executions of this emulator; also the interpreter's world."""

    def __init__(self, environment: Environment, executions: Executions, clock: Clock) -> None:
        self.clock = clock
        self.region = environment.region
        self.tokens = TaskTokens(environment.store, clock)
        self._environment = environment
        self._executions = executions
        self._tasks: dict[str, asyncio.Task[Ended]] = {}
        self._ends: dict[str, asyncio.Future[Ended]] = {}
        self._apart: set[asyncio.Task[Any]] = set()
        self._map_runs = environment.store.documents("sfn-map-run")
        self._children = ExpressChildren(environment.store)
        self._express = environment.store.documents("sfn-express")
        """Executions of the Express type that nobody waits for, until they end: those run at least once."""
        self._activities = environment.store.documents("sfn-activity")
        self._status_events = StatusEvents(environment)

    # as the interpreter's world

    async def call(self, service: str, operation: str, params: dict[str, Any], *, principal: str) -> dict[str, Any]:
        """A neighbour's answer; CloudTrail tells that it was Step Functions who asked."""
        source = f"arn:aws:states:{self._environment.region}:{self._environment.account_id}:stateMachine:*"
        environment = self._environment
        answer = await environment.gateway.call(
            service, operation, params, principal=principal, source_arn=source, durable=False
        )
        environment.store.when_durable(report)  # soon; whoever is told of the step waits for a later commit
        return answer

    async def ended(self, execution_arn: str) -> Ended:
        """How an execution ended, once it has."""
        execution = self._executions.get(execution_arn)
        if execution is None:
            raise StateError(ErrorName.TASK_FAILED, f"Execution Does Not Exist: '{execution_arn}'")
        if execution.status != "RUNNING":
            return _ended(execution)
        future = self._ends.setdefault(execution_arn, asyncio.get_running_loop().create_future())
        return await asyncio.shield(future)

    async def run_child(self, run: Run, spec: ChildSpec) -> Ended:
        """Run one child execution of a distributed map."""
        execution = child_execution(run, spec, self._executions, self.clock.now())
        if spec.express:
            return _ended(self._children.find(run, spec.name) or await self._express_child(run, execution, spec))
        existing = self._executions.get(execution.arn)
        if existing is None:
            self.start(execution, spec.definition)
        elif existing.status not in {"RUNNING", "SUCCEEDED"} and existing.redrives < run.redrives:
            self.redrive(existing)
        return await self.ended(execution.arn)

    async def _express_child(self, run: Run, execution: Execution, spec: ChildSpec) -> Execution:
        ended = await self.run_express(execution, spec.definition)
        child = replace(execution, status=ended.status, stopped=self.clock.now(), output=ended.output)
        child.error, child.cause = ended.error, ended.cause
        self._children.keep(run, child)
        return child

    async def abort_child(self, run: Run, spec: ChildSpec, started: float) -> Ended:
        """How a child execution ended, which is stopped unless it has ended already."""
        execution = child_execution(run, spec, self._executions, started)
        if spec.express:  # its coroutine is gone, and it has left nothing behind
            return _ended(replace(execution, status="ABORTED", stopped=self.clock.now()))
        return _ended(await self.stop_execution(execution.arn, None, None))

    async def abandon(self, execution: str, path: str = "") -> None:
        """End what the states at and below a path had under way: nobody waits for it any more."""
        for frame in DurableJournal(self._environment.store, execution, self.clock).frames(path):
            if not frame.done:
                await self._end_work(frame.work)

    async def _end_work(self, work: dict[str, Any]) -> None:
        if "token" in work:
            self.tokens.close(work["token"])
        if "map_run" in work:
            await self._abort_map_run(work["map_run"])
        if "awaited" in work:
            try:
                await self.call(
                    "stepfunctions", "StopExecution", {"executionArn": work["awaited"]}, principal=work["role"]
                )
            except ServiceError as error:  # AWS tries no harder, either
                _log.warning("%s goes on, although nobody waits for it: %s", work["awaited"], error)

    async def _abort_map_run(self, arn: str) -> None:
        body = self.read_map_run(arn)
        if body is not None and body["status"] == "RUNNING":
            children = [child for child in self._executions.running() if child.map_run_arn == arn]
            for child in children:
                await self.stop_execution(child.arn, None, None)
            self.write_map_run(arn, aborted(body, children, self.clock.now()))

    def has_activity(self, arn: str) -> bool:
        """Whether an activity exists."""
        return self._activities.get(arn) is not None

    def write_map_run(self, arn: str, body: dict[str, Any]) -> None:
        """Record the progress of a map run."""
        self._map_runs.put(arn, body)

    def read_map_run(self, arn: str) -> dict[str, Any] | None:
        """What is recorded of a map run."""
        body: dict[str, Any] | None = self._map_runs.get(arn)
        return body

    def map_runs(self) -> list[dict[str, Any]]:
        """All map runs."""
        return [body for _, body in self._map_runs.items()]

    # executions of the Standard type

    def start(self, execution: Execution, scope: Definition) -> None:
        """Write a new execution and set it going; it is durable with the caller's next commit."""
        self._executions.add(execution)
        journal = DurableJournal(self._environment.store, execution.arn, self.clock)
        journal.event("ExecutionStarted", 0, _started(execution))
        frame = _root(execution, scope)
        journal.save(frame)
        self._status_events.changed(execution)
        self._go(execution, scope, journal, frame)

    def resume(self, execution: Execution) -> None:
        """Go on with an execution from where it was last saved."""
        scope = parse(self._executions.definition(execution.definition))
        journal = DurableJournal(self._environment.store, execution.arn, self.clock)
        self._go(execution, scope, journal, journal.load("") or _root(execution, scope))

    def redrive(self, execution: Execution) -> None:
        """Run an execution that did not succeed again from the states that failed."""
        execution.status, execution.redrives, execution.redriven = "RUNNING", execution.redrives + 1, self.clock.now()
        execution.stopped = execution.error = execution.cause = None
        self._executions.update(execution)
        self._status_events.changed(execution)
        journal = DurableJournal(self._environment.store, execution.arn, self.clock)
        scope = parse(self._executions.definition(execution.definition))
        redriven = journal.event("ExecutionRedriven", 0, {"redriveCount": execution.redrives})
        for frame in journal.frames():
            if not frame.done:
                journal.save(_again(frame, redriven))
        self._go(execution, scope, journal, journal.load("") or _root(execution, scope))

    async def stop_execution(self, arn: str, error: str | None, cause: str | None) -> Execution:
        """Abort an execution, with what it had under way; the execution as it is then."""
        return await self._apart_from_caller(self._stop_execution(arn, error, cause))

    async def _stop_execution(self, arn: str, error: str | None, cause: str | None) -> Execution:
        await self._cancel(arn)
        execution = self._executions.require(arn)
        if execution.status == "RUNNING":  # it may have ended while it was being cancelled
            journal = DurableJournal(self._environment.store, arn, self.clock)
            details = {name: value for name, value in (("error", error), ("cause", cause)) if value is not None}
            journal.event("ExecutionAborted", 0, details)
            self._end(execution, Ended(status="ABORTED", error=error, cause=cause))
            await self.abandon(arn)
        return execution

    async def _apart_from_caller(self, work: Coroutine[Any, Any, _T]) -> _T:
        """What work gives that may interrupt whoever asks for it: an execution can stop itself."""
        task = asyncio.ensure_future(work)
        self._apart.add(task)
        task.add_done_callback(self._apart.discard)
        return await asyncio.shield(task)

    async def stop(self) -> None:
        """Let go of everything under way; it is resumed at the next start."""
        while self._tasks:
            await self._cancel(next(iter(self._tasks)))
        await asyncio.gather(*self._apart, return_exceptions=True)

    async def _cancel(self, arn: str) -> None:
        task = self._tasks.pop(arn, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _go(self, execution: Execution, scope: Definition, journal: DurableJournal, frame: Frame) -> None:
        limit = scope.get("TimeoutSeconds")
        begun = execution.redriven or execution.started
        start = _Start(
            run=self._run(execution, scope, journal, express=False),
            scope=scope,
            frame=frame,
            variables=execution.variables,
            deadline=None if limit is None else begun + limit,
        )
        self._tasks[execution.arn] = asyncio.ensure_future(self._standard(execution, start, journal))

    async def _standard(self, execution: Execution, start: _Start, journal: DurableJournal) -> Ended:
        ended = await _conclude(start)
        if ended.status == "SUCCEEDED":
            journal.drop_all()
            self._children.forget(execution.arn)
        else:
            _save_last(journal, start)
        self._tasks.pop(execution.arn, None)
        self._end(execution, ended)
        if ended.status != "SUCCEEDED":
            await self._apart_from_caller(self.abandon(execution.arn))
        await self._environment.store.durable()
        return ended

    def _end(self, execution: Execution, ended: Ended) -> None:
        execution.status, execution.stopped = ended.status, self.clock.now()
        execution.output, execution.error, execution.cause = ended.output, ended.error, ended.cause
        self._executions.update(execution)
        self._status_events.changed(execution)
        self.tokens.close_execution(execution.arn)
        future = self._ends.pop(execution.arn, None)
        if future is not None and not future.done():
            future.set_result(_ended(execution))
        if execution.logging.get("level", "OFF") != "OFF":
            events = self._executions.events(execution.arn, after=0, limit=25_000, reverse=False)
            ExecutionLog(self._environment.gateway, execution).write_later(events)

    def _run(
        self, execution: Execution, scope: Definition, journal: DurableJournal | MemoryJournal, *, express: bool
    ) -> Run:
        return Run(
            arn=execution.arn,
            name=execution.name,
            role=execution.role,
            machine_arn=execution.machine_arn,
            machine_name=execution.machine_name,
            started_at=instant(execution.started),
            data=parse(execution.input),
            express=express,
            redrives=execution.redrives,
            redriven_at=None if execution.redriven is None else instant(execution.redriven),
            jsonata=execution.jsonata or scope.get("QueryLanguage") == "JSONata",
            journal=journal,
            world=self,
        )

    # executions of the Express type

    def start_express(self, execution: Execution, scope: Definition) -> None:
        """Set an execution going that nobody waits for; it is durable with the caller's next commit."""
        self._express.put(execution.arn, asdict(execution))
        self._go_express(execution, scope)

    def resume_express(self) -> None:
        """Run executions again that nobody waits for, and that the emulator's end interrupted."""
        for _, body in self._express.items():
            execution = Execution(**{**body, "started": self.clock.now()})
            self._go_express(execution, parse(self._executions.definition(execution.definition)))

    def _go_express(self, execution: Execution, scope: Definition) -> None:
        task = self._tasks[execution.arn] = asyncio.ensure_future(self._express_to_its_end(execution, scope))
        task.add_done_callback(lambda _: self._tasks.pop(execution.arn, None))

    async def _express_to_its_end(self, execution: Execution, scope: Definition) -> Ended:
        ended = await self.run_express(execution, scope)
        self._express.delete(execution.arn)
        await self._environment.store.durable()
        return ended

    async def run_express(self, execution: Execution, scope: Definition, *, synchronous: bool = False) -> Ended:
        """Run an execution in memory, for a caller that waits for its answer if it is synchronous."""
        log = ExecutionLog(self._environment.gateway, execution)
        journal = MemoryJournal(self.clock, log.wants)
        journal.event("ExecutionStarted", 0, _started(execution))
        start = _Start(
            run=replace(self._run(execution, scope, journal, express=True), synchronous=synchronous),
            scope=scope,
            frame=_root(execution, scope),
            variables=execution.variables,
            deadline=execution.started + min(_EXPRESS_LIMIT_S, scope.get("TimeoutSeconds", _EXPRESS_LIMIT_S)),
        )
        ended = await _conclude(start)
        log.write_later(journal.events)
        return ended


def _save_last(journal: DurableJournal, start: _Start) -> None:
    try:
        journal.save(start.frame)
    except Exception:  # what cannot be kept cannot be redriven, but must not leave the execution running for ever
        _log.exception("execution %s cannot be redriven from where it failed", start.run.arn)


def _root(execution: Execution, scope: Definition) -> Frame:
    data = Payload(parse(execution.input), execution.input)
    return Frame(path="", state=scope["StartAt"], data=data, previous=0, item=execution.item)


def _again(frame: Frame, redriven: int) -> Frame:
    """A frame that did not finish, ready for another attempt; parents keep the children they have."""
    kept = {name: value for name, value in frame.work.items() if name in {"started", "map_run", "label"}}
    if "map_run" in kept:
        kept["redriven"] = True
    frame.work, frame.retries, frame.retry_at = kept, [0] * len(frame.retries), None
    frame.previous = redriven
    return frame


def _started(execution: Execution) -> dict[str, Any]:
    details: dict[str, Any] = {
        "input": execution.input,
        "inputDetails": {"truncated": False},
        "roleArn": execution.role,
    }
    if execution.version_arn is not None:
        details["stateMachineVersionArn"] = execution.version_arn
    if execution.alias_arn is not None:
        details["stateMachineAliasArn"] = execution.alias_arn
    return details


async def _conclude(start: _Start) -> Ended:
    """Run a scope to its end and record that."""
    journal, frame = start.run.journal, start.frame
    try:
        output = await before(
            start.run.world.clock, start.deadline, run_scope(start.run, start.scope, frame, start.variables)
        )
    except TimeoutError:
        journal.event("ExecutionTimedOut", 0, {})
        return Ended(status="TIMED_OUT", error=ErrorName.TIMEOUT if start.run.express else None)
    except StateError as failure:
        return _fail(start, failure.error, failure.cause)
    except Exception:  # a mistake of ours must not leave the execution running for ever
        _log.exception("execution %s stopped by an internal error", start.run.arn)
        return _fail(start, ErrorName.RUNTIME, "Internal error")
    journal.event("ExecutionSucceeded", frame.previous, {"output": output.text, "outputDetails": {"truncated": False}})
    return Ended(status="SUCCEEDED", output=output.text)


def _fail(start: _Start, error: str | None, cause: str | None) -> Ended:
    details = {name: value for name, value in (("error", error), ("cause", cause)) if value is not None}
    start.run.journal.event("ExecutionFailed", start.frame.previous, details)
    return Ended(status="FAILED", error=error, cause=cause)


def _ended(execution: Execution) -> Ended:
    return Ended(
        status=execution.status,
        output=execution.output,
        error=execution.error,
        cause=execution.cause,
        description=describe_execution(execution),
    )
