"""The Map state in DISTRIBUTED mode: a map run, and one child execution per item or batch.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName, StateError, runtime_failure
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload
from mlfn_localstack.services.stepfunctions.interpreter.children import succeed
from mlfn_localstack.services.stepfunctions.interpreter.item_reader import read_items
from mlfn_localstack.services.stepfunctions.interpreter.map_items import concurrency_of, items_of, processor_of
from mlfn_localstack.services.stepfunctions.interpreter.result_writer import (
    Results,
    exports,
    formatted,
    write_results,
)
from mlfn_localstack.services.stepfunctions.interpreter.stay import Departure, Stay, report
from mlfn_localstack.services.stepfunctions.interpreter.world import ChildSpec, Ended

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonata import JsonataFlow
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonpath import JsonPathFlow

_CONCURRENCY = 10_000
_ENDS = {"SUCCEEDED": "succeeded", "FAILED": "failed", "TIMED_OUT": "timedOut", "ABORTED": "aborted"}
_NAMESPACE = uuid.UUID("7a1d3f0e-5c9e-4f1b-9d55-1d2f2c6a8e10")
"""Child executions are named by map run and index, so that a restart finds those it had begun."""


async def execute_distributed(stay: Stay) -> Departure:
    """Run the item processor for every item in an execution of its own."""
    flow, frame = stay.flow(), stay.frame
    reads = "ItemReader" in stay.state
    items = [] if reads else items_of(stay, flow)
    concurrency = concurrency_of(stay, flow) or _CONCURRENCY
    if "map_run" not in frame.work:
        await _begin(stay, flow, len(items))
    elif frame.work.pop("redriven", False):
        stay.event("MapRunRedriven", {"mapRunArn": frame.work["map_run"], "redriveCount": stay.run.redrives})
        await stay.commit()
    if reads:
        items = await _read(stay, flow)
    inputs = _inputs(stay, flow, items)
    run = MapRun(stay=stay, inputs=inputs, limits=_limits(stay, flow, concurrency))
    try:
        await run.work_off()
    except _ThresholdError:
        await run.abort_rest()
    run.record("FAILED" if run.exceeded() else "SUCCEEDED")
    result = await _result(stay, flow, run)
    if run.exceeded():
        raise run.failure()
    started = frame.previous
    departure = succeed(stay, flow, Payload(result), stay.run.journal.event("MapRunSucceeded", started))
    frame.previous = started  # as AWS links it, past what its run has come to
    return departure


async def _read(stay: Stay, flow: JsonPathFlow | JsonataFlow) -> list[Any]:
    try:
        return await read_items(stay, flow)
    except StateError as failure:
        report(stay, failure)
        stay.event("MapRunFailed", {"error": failure.error, "cause": failure.cause})
        raise


def _inputs(stay: Stay, flow: JsonPathFlow | JsonataFlow, items: list[Any]) -> list[tuple[dict[str, Any], Any]]:
    """The context item and input of every child execution."""
    selector = stay.state.get("ItemSelector", stay.state.get("Parameters"))
    effective = flow.effective_input(stay.state)
    chosen: list[tuple[dict[str, Any], Any]] = []
    for index, value in enumerate(items):
        item = {"Index": index, "Value": value}
        data = value if selector is None else flow.template(selector, "ItemSelector", item, effective)
        chosen.append((item, data))
    if "ItemBatcher" not in stay.state:
        return chosen
    return batches_of(stay, flow, [data for _, data in chosen])


def batches_of(stay: Stay, flow: JsonPathFlow | JsonataFlow, items: list[Any]) -> list[tuple[dict[str, Any], Any]]:
    """The context item and input of every batch that a Map's ItemBatcher makes of its items."""
    batcher = stay.state["ItemBatcher"]
    count = int(flow.number(batcher, "MaxItemsPerBatch", 0) or len(items) or 1)
    size = int(flow.number(batcher, "MaxInputBytesPerBatch", 0) or 262_144)
    shared = (
        {"BatchInput": flow.template(batcher["BatchInput"], "ItemBatcher/BatchInput")}
        if "BatchInput" in batcher
        else {}
    )
    batches: list[list[Any]] = []
    room = 0
    for item in items:
        length = len(Payload(item).text.encode()) + 1
        if not batches or len(batches[-1]) >= count or room < length:
            batches.append([])
            room = size
        batches[-1].append(item)
        room -= length
    return [({"Index": i, "Value": batch}, {**shared, "Items": batch}) for i, batch in enumerate(batches)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a map run allows."""

    concurrency: int
    tolerated_count: int
    tolerated_percentage: float


def _limits(stay: Stay, flow: JsonPathFlow | JsonataFlow, concurrency: int) -> Limits:
    count = int(flow.number(stay.state, "ToleratedFailureCount", 0) or 0)
    percentage = float(flow.number(stay.state, "ToleratedFailurePercentage", 0) or 0)
    if count < 0:
        raise runtime_failure("ToleratedFailureCount cannot be negative.")
    if not 0 <= percentage <= 100:
        raise runtime_failure("ToleratedFailurePercentage must be between 0 and 100.")
    return Limits(concurrency=concurrency, tolerated_count=count, tolerated_percentage=percentage)


async def _begin(stay: Stay, flow: JsonPathFlow | JsonataFlow, length: int) -> None:
    run, frame = stay.run, stay.frame
    stay.event("MapStateStarted", {"length": length})
    _limits(stay, flow, _CONCURRENCY)  # numbers that are none end the execution before its map run begins
    flow.number(stay.state.get("ItemReader", {}).get("ReaderConfig", {}), "MaxItems")
    prefix = run.machine_arn.rsplit(":", 2)[0]
    label = stay.state.get("Label") or uuid.uuid4().hex[:10]
    frame.work["label"] = label
    frame.work["map_run"] = f"{prefix}:mapRun:{run.machine_name}/{label}:{uuid.uuid4()}"
    stay.event("MapRunStarted", {"mapRunArn": frame.work["map_run"]})
    await stay.commit()


class _ThresholdError(Exception):
    """More failed than is tolerated."""


@dataclass(slots=True, kw_only=True)
class MapRun:
    """A map run under way."""

    stay: Stay
    inputs: list[tuple[dict[str, Any], Any]]
    limits: Limits
    ends: dict[int, Ended] = field(default_factory=dict)
    running: dict[int, float] = field(default_factory=dict)
    """Since when."""
    items: Counter[str] = field(default_factory=Counter)
    """How many ended how: items, and the executions they were in."""
    executions: Counter[str] = field(default_factory=Counter)
    running_items: int = 0
    workers: int = 0
    most: int = 0
    """How many there may be, by the run's record."""
    total_items: int = field(init=False)

    def __post_init__(self) -> None:
        """Count the items once: a record of each execution's end tells their number."""
        self.total_items = sum(map(self._items, range(len(self.inputs))))

    @property
    def arn(self) -> str:
        """The map run's ARN."""
        arn: str = self.stay.frame.work["map_run"]
        return arn

    async def work_off(self) -> None:
        """Run the child executions of all inputs, as many at the same time as the run allows by then.

        Raises:
            _ThresholdError: too many failed.
        """
        self.record("RUNNING")
        waiting = deque(range(len(self.inputs)))
        try:
            async with asyncio.TaskGroup() as group:
                self._engage(group, waiting)
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    def _engage(self, group: asyncio.TaskGroup, waiting: deque[int]) -> None:
        """Begin as many workers as UpdateMapRun allows, and there is work for."""
        for _ in range(min(self.most - self.workers, len(waiting))):
            self.workers += 1
            group.create_task(self._work(group, waiting))

    async def _work(self, group: asyncio.TaskGroup, waiting: deque[int]) -> None:
        world = self.stay.run.world
        while waiting and self.workers <= self.most:
            index = waiting.popleft()
            self.running[index] = world.clock.now()
            self.running_items += self._items(index)
            self._ended(index, await world.run_child(self.stay.run, self.spec(index)))
            self.record("RUNNING")
            if self.exceeded():
                raise _ThresholdError
            self._engage(group, waiting)
        self.workers -= 1

    def _ended(self, index: int, ended: Ended) -> None:
        del self.running[index]
        self.running_items -= self._items(index)
        self.ends[index] = ended
        self.executions[ended.status] += 1
        self.items[ended.status] += self._items(index)

    async def abort_rest(self) -> None:
        """Stop the child executions that still run."""
        for index, started in list(self.running.items()):
            self._ended(index, await self.stay.run.world.abort_child(self.stay.run, self.spec(index), started))

    def spec(self, index: int) -> ChildSpec:
        """The child execution of one input."""
        item, data = self.inputs[index]
        scope = processor_of(self.stay.state)
        return ChildSpec(
            map_run=self.arn,
            label=self.stay.frame.work["label"],
            name=str(uuid.uuid5(_NAMESPACE, f"{self.arn}/{index}")),
            express=scope.get("ProcessorConfig", {}).get("ExecutionType") == "EXPRESS",
            definition=scope,
            data=Payload(data),
            item=item,
        )

    def exceeded(self) -> bool:
        """Whether more items failed than are tolerated: by their number, by their share, or, if neither is set, at all.

        https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html#maprun-fail-threshold
        """
        failed = self.items.total() - self.items["SUCCEEDED"]
        if not failed:
            return False
        record = self.stay.run.world.read_map_run(self.arn) or {}
        percentage, count = record["toleratedFailurePercentage"], record["toleratedFailureCount"]
        if not (percentage or count):
            return True
        return bool(count and failed > count) or bool(percentage and failed * 100 > percentage * self.total_items)

    def failure(self) -> StateError:
        """What the Map state fails with."""
        failure = StateError(ErrorName.THRESHOLD, "The specified tolerated failure threshold was exceeded")
        self.stay.event("MapRunFailed", {"error": failure.error, "cause": failure.cause})
        return failure

    def results(self) -> Results:
        """What became of the inputs."""
        return Results(
            map_run=self.arn,
            ends=tuple(self.ends[index] for index in sorted(self.ends)),
            pending=tuple(Payload(data).text for i, (_, data) in enumerate(self.inputs) if i not in self.ends),
        )

    def record(self, status: str) -> None:
        """Write the run's counts."""
        body = self._body(status)
        self.most = body["maxConcurrency"] or _CONCURRENCY
        self.stay.run.world.write_map_run(self.arn, body)

    def _body(self, status: str) -> dict[str, Any]:
        earlier = self.stay.run.world.read_map_run(self.arn) or {}
        now = self.stay.run.world.clock.now()
        return {
            "mapRunArn": self.arn,
            "executionArn": self.stay.run.arn,
            "stateMachineArn": f"{self.stay.run.machine_arn}/{self.stay.frame.work['label']}",
            "status": status,
            "startDate": earlier.get("startDate", now),
            "stopDate": None if status == "RUNNING" else now,
            **self._limits(earlier),
            "itemCounts": _counts(self.items, self.running_items, self.total_items, status),
            "executionCounts": _counts(self.executions, len(self.running), len(self.inputs), status),
            "redriveCount": self.stay.run.redrives,
        }

    def _items(self, index: int) -> int:
        """How many items a child execution works on."""
        return len(self.inputs[index][1]["Items"]) if "ItemBatcher" in self.stay.state else 1

    def _limits(self, earlier: dict[str, Any]) -> dict[str, Any]:
        """The limits as declared, or as UpdateMapRun changed them."""
        limits = self.limits
        declared = {
            "maxConcurrency": 0 if limits.concurrency == _CONCURRENCY else limits.concurrency,
            "toleratedFailurePercentage": limits.tolerated_percentage,
            "toleratedFailureCount": limits.tolerated_count,
        }
        return {name: earlier.get(name, value) for name, value in declared.items()}


def _counts(ended: Counter[str], running: int, total: int, status: str) -> dict[str, int]:
    return {
        **{name: ended[how] for how, name in _ENDS.items()},
        "running": running,
        "pending": total - ended.total() - running,
        "total": total,
        "resultsWritten": 0 if status == "RUNNING" else ended.total(),  # AWS counts them without a ResultWriter, too
        "failuresNotRedrivable": 0,
        "pendingRedrive": 0,
    }


async def _result(stay: Stay, flow: JsonPathFlow | JsonataFlow, run: MapRun) -> Any:
    if not exports(stay):
        return formatted(stay, run.results())
    try:
        return await write_results(stay, flow, run.results())
    except StateError as failure:
        run.record("FAILED")
        report(stay, failure)
        stay.event("MapRunFailed", {"error": failure.error, "cause": failure.cause})
        raise
