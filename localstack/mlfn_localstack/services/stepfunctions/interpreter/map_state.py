"""The Map state in INLINE mode: one iteration per item, inside the execution."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.failure import StateError
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload
from mlfn_localstack.services.stepfunctions.interpreter.children import (
    ChildError,
    abort_state,
    failed_in_task,
    succeed,
    together,
)
from mlfn_localstack.services.stepfunctions.interpreter.distributed import execute_distributed
from mlfn_localstack.services.stepfunctions.interpreter.frame import Frame
from mlfn_localstack.services.stepfunctions.interpreter.map_items import concurrency_of, items_of, processor_of

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonata import JsonataFlow
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonpath import JsonPathFlow
    from mlfn_localstack.services.stepfunctions.interpreter.stay import Departure, Stay

_INLINE_LIMIT = 40
"""How many iterations of an inline map run at the same time at most."""


async def execute_map(stay: Stay) -> Departure:
    """Run the item processor for every item."""
    if processor_of(stay.state).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
        return await execute_distributed(stay)
    return await _Inline(stay).execute()


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
            output = await self.stay.inside(self.stay.run, processor_of(self.stay.state), child, variables)
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
