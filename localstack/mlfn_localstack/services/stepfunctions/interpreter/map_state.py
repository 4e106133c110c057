"""The Map state in INLINE mode: one iteration per item, inside the execution."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.failure import StateError, evaluation_failure, runtime_failure
from mlfn_localstack.services.stepfunctions.asl.flow_jsonata import JsonataFlow
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload, dump
from mlfn_localstack.services.stepfunctions.asl.jsonata import evaluate_field, expression_in, wrong_type
from mlfn_localstack.services.stepfunctions.interpreter.children import (
    ChildError,
    abort_state,
    failed_in_task,
    succeed,
    together,
)
from mlfn_localstack.services.stepfunctions.interpreter.frame import Frame
from mlfn_localstack.services.stepfunctions.interpreter.loop import Departure, Stay, run_scope

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.asl.flow import Definition
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonpath import JsonPathFlow

_INLINE_LIMIT = 40
"""How many iterations of an inline map run at the same time at most."""


def processor_of(state: Definition) -> Definition:
    """The scope that runs for each item (`Iterator` is its old name)."""
    scope: Definition = state.get("ItemProcessor") or state["Iterator"]
    return scope


async def execute_map(stay: Stay) -> Departure:
    """Run the item processor for every item."""
    if processor_of(stay.state).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
        from mlfn_localstack.services.stepfunctions.interpreter.distributed import (  # noqa: PLC0415  few machines need it
            execute_distributed,
        )

        return await execute_distributed(stay)
    return await _Inline(stay).execute()


def items_of(stay: Stay, flow: JsonPathFlow | JsonataFlow) -> list[Any]:
    """The array to iterate over.

    Raises:
        StateError: it is no array.
    """
    if isinstance(flow, JsonataFlow):
        return _jsonata_items(stay, flow)
    path = stay.state.get("ItemsPath", "$")
    items = flow.path(path, flow.effective_input(stay.state)).value
    if not isinstance(items, list):
        shown = path[1:] if path.startswith("$$") else path  # AWS leaves out the second dollar sign
        raise runtime_failure(f'Reference path "{shown}" must point to array.')
    return items


def concurrency_of(stay: Stay, flow: JsonPathFlow | JsonataFlow) -> int:
    """How many iterations may run at the same time, 0 for as many as possible.

    Raises:
        StateError: it is no number, or a negative one.
    """
    limit = int(flow.number(stay.state, "MaxConcurrency", 0) or 0)
    if limit < 0:
        raise runtime_failure(f"Expected non-negative integer for MaxConcurrency, got '{limit}' instead.")
    return limit


def _jsonata_items(stay: Stay, flow: JsonataFlow) -> list[Any]:
    declared = stay.state.get("Items", stay.frame.data.value)
    expression = expression_in(declared) if "Items" in stay.state else None
    items = declared
    if expression is not None:
        items = evaluate_field(expression, flow.bindings(), "Items")
    elif "Items" in stay.state:
        items = flow.template(declared, "Items")
    if not isinstance(items, list) and "Items" not in stay.state:
        raise evaluation_failure(f"Map state input must be an array but was: {dump(items)}", "")
    if not isinstance(items, list):
        raise wrong_type(expression or "", "Items", "array", items)
    return items


@dataclass(slots=True)
class _Inline:
    """One stay in an inline Map."""

    stay: Stay

    async def execute(self) -> Departure:
        stay = self.stay
        flow, frame, journal = stay.flow(), stay.frame, stay.run.journal
        items = items_of(stay, flow)
        limit = concurrency_of(stay, flow) or _INLINE_LIMIT
        frames: list[Frame | None] = [None] * len(items)
        if "started" in frame.work:
            frames = [journal.load(f"{frame.path}/{index}") for index in range(len(items))]
        else:
            frame.work["started"] = stay.event("MapStateStarted", {"length": len(items)})
            await stay.commit()
        iterations = _Iterations(stay=stay, items=items, flow=flow, frames=frames)
        try:
            await together(iterations.workers(min(limit, _INLINE_LIMIT)))
        except ChildError as error:
            iterations.fail(error)
            await stay.run.world.abandon(stay.run.arn, frame.path)
            raise error.failure from None
        result = Payload.array([child.data for child in iterations.frames if child is not None])
        return succeed(stay, flow, result, max([frame.work["started"], *iterations.succeeded()]))


@dataclass(slots=True, kw_only=True)
class _Iterations:
    """The iterations of one inline Map, some of them under way."""

    stay: Stay
    items: list[Any]
    flow: JsonPathFlow | JsonataFlow
    frames: list[Frame | None]

    def workers(self, limit: int) -> list[Any]:
        """Coroutines that work the items off, the first ones begun already."""
        under_way = [child for child in self.frames if child is not None and not child.done]
        waiting = deque(index for index, child in enumerate(self.frames) if child is None)
        while waiting and len(under_way) < limit:
            under_way.append(self._begin(waiting.popleft(), self.stay.frame.work["started"]))
        return [self._work(child, waiting) for child in under_way]

    def succeeded(self) -> list[int]:
        """The events of the iterations that succeeded."""
        return [child.work["succeeded"] for child in self.frames if child is not None and child.done]

    def _begin(self, index: int, previous: int) -> Frame:
        stay, value = self.stay, self.items[index]
        item = {"Index": index, "Value": value}
        selector = stay.state.get("ItemSelector", stay.state.get("Parameters"))
        if selector is not None:
            value = self.flow.template(selector, "ItemSelector", item, self.flow.effective_input(stay.state))
        started = stay.run.journal.event("MapIterationStarted", previous, self._details(index))
        child = Frame(
            path=f"{stay.frame.path}/{index}",
            state=processor_of(stay.state)["StartAt"],
            data=Payload(value),
            previous=started,
            item=item,
        )
        stay.run.journal.save(child)
        self.frames[index] = child
        return child

    async def _work(self, child: Frame, waiting: deque[int]) -> None:
        while True:
            await self._run(child)
            if not waiting:
                return
            child = self._begin(waiting.popleft(), child.previous)

    async def _run(self, child: Frame) -> None:
        variables = {**self.stay.inherited, **self.stay.frame.variables}
        try:
            output = await run_scope(self.stay.run, processor_of(self.stay.state), child, variables)
        except StateError as failure:
            raise ChildError(child, failure) from failure
        journal = self.stay.run.journal
        child.finish(output)
        child.work["succeeded"] = journal.event("MapIterationSucceeded", child.previous, self._details(_index(child)))
        journal.save(child)
        journal.commit_soon()  # what comes next need not wait: nobody is told of an iteration that ended

    def _details(self, index: int) -> dict[str, Any]:
        return {"name": self.stay.frame.state, "index": index}

    def fail(self, error: ChildError) -> None:
        """Record the failed iteration and those it interrupts."""
        journal, previous = self.stay.run.journal, error.frame.previous
        self.stay.frame.previous = previous
        begun = [child for child in self.frames if child is not None and not child.done]
        for child in begun:
            journal.save(child)
        if error.failure.fatal:
            return
        journal.event("MapIterationFailed", previous, self._details(_index(error.frame)))
        scope = processor_of(self.stay.state)
        if failed_in_task(scope, error.frame):
            abort_state(self.stay, scope, error.frame, previous)
        for child in begun:
            if child is not error.frame:
                journal.event("MapIterationAborted", previous, self._details(_index(child)))
                abort_state(self.stay, scope, child, previous)


def _index(child: Frame) -> int:
    index: int = (child.item or {})["Index"]
    return index
