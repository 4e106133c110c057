"""What TestState shows of a state's data, step by step, as far as the state got."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.failure import StateError
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload, dump, parse
from mlfn_localstack.services.stepfunctions.description import present
from mlfn_localstack.services.stepfunctions.interpreter.distributed import batches_of

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.asl.flow import Definition
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonata import JsonataFlow
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonpath import JsonPathFlow
    from mlfn_localstack.services.stepfunctions.interpreter.loop import Attempt
    from mlfn_localstack.services.stepfunctions.interpreter.stay import Stay

_CONTAINERS = {"Map", "Parallel"}
_WITH_RESULT = {"Pass", "Task", *_CONTAINERS}


def inspect(stay: Stay, outcome: Attempt, result: str | None) -> dict[str, Any]:
    """The inspection data of one try at a state whose work gave `result`."""
    data: dict[str, Any] = {"input": stay.frame.data.text}
    variables = {**stay.frame.variables, **outcome.assigned}
    if variables:
        data["variables"] = dump(variables)
    try:
        _before(stay, data)
        _after(stay, outcome, data, result)
    except StateError:
        pass
    data["errorDetails"] = _handler(outcome)
    return present(data)


def _before(stay: Stay, data: dict[str, Any]) -> None:
    flow, state = stay.flow(), stay.state
    kind = state["Type"]
    if kind == "Map":
        _map_fields(stay, flow, data)
    elif kind == "Parallel" or (kind == "Pass" and "Result" in state):
        return
    elif flow.jsonata:
        if kind == "Task":
            data["afterArguments"] = flow.arguments(state).text
    else:
        data["afterInputPath"] = flow.effective_input(state).text
        if kind in _WITH_RESULT:
            data["afterParameters"] = flow.arguments(state).text


def _map_fields(stay: Stay, flow: JsonPathFlow | JsonataFlow, data: dict[str, Any]) -> None:
    state = stay.state
    if not flow.jsonata:
        data["afterInputPath"] = flow.effective_input(state).text
    if "ItemReader" not in state or "items" in stay.frame.work:
        _item_fields(stay, flow, data)
    data["maxConcurrency"] = int(flow.number(state, "MaxConcurrency", 0) or 0)
    count, percentage = (flow.number(state, f"ToleratedFailure{name}") for name in ("Count", "Percentage"))
    data["toleratedFailureCount"] = None if count is None else int(count)
    data["toleratedFailurePercentage"] = None if percentage is None else float(percentage)


def _item_fields(stay: Stay, flow: JsonPathFlow | JsonataFlow, data: dict[str, Any]) -> None:
    if "items" not in stay.frame.work:
        raise StateError(None)
    state, items = stay.state, stay.frame.work["items"]
    after = _read_by(state, jsonata=flow.jsonata)
    if after is not None:
        data[after] = json.dumps(items, ensure_ascii=False)  # AWS puts blanks here
    selector = state.get("ItemSelector", state.get("Parameters"))
    if selector is not None:
        effective = flow.effective_input(state)
        items = [
            flow.template(selector, "ItemSelector", {"Index": index, "Value": value}, effective)
            for index, value in enumerate(items)
        ]
        data["afterItemSelector"] = dump(items)
    if "ItemBatcher" in state:
        data["afterItemBatcher"] = dump([batch for _, batch in batches_of(stay, flow, items)])


def _read_by(state: Definition, *, jsonata: bool) -> str | None:
    """The field that shows a Map's items as its path or pointer chose them."""
    if "ItemReader" in state:
        return "afterItemsPointer" if "ItemsPointer" in state["ItemReader"].get("ReaderConfig", {}) else None
    return None if jsonata else "afterItemsPath"


def _after(stay: Stay, outcome: Attempt, data: dict[str, Any], result: str | None) -> None:
    flow, state = stay.flow(), stay.state
    if outcome.failure is not None or state["Type"] not in _WITH_RESULT:
        return
    if state["Type"] not in _CONTAINERS:
        data["result"] = result
    if flow.jsonata:
        return
    value = flow.arguments(state) if result is None else Payload(parse(result), result)
    selector = {name: state[name] for name in ("ResultSelector",) if name in state}
    placing = {**selector, **{name: state[name] for name in ("ResultPath",) if name in state}}
    data["afterResultSelector"] = flow.finish(selector, value).output.text
    data["afterResultPath"] = flow.finish(placing, value).output.text


def _handler(outcome: Attempt) -> dict[str, Any] | None:
    delay = outcome.delay
    details = {
        "catchIndex": outcome.catcher,
        "retryIndex": outcome.retrier,
        "retryBackoffIntervalSeconds": None if delay is None else int(delay),
    }
    return present(details) or None
