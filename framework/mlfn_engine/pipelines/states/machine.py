"""A pipeline's graph as a state machine in Amazon States Language, query language JSONata.

https://states-language.net/spec.html
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from mlfn.runtime.calls import ROOM
from mlfn_engine.declarations.naming import FRONT_DOOR
from mlfn_engine.pipelines.error_names import ALL
from mlfn_engine.pipelines.graph import (
    Ask,
    Assign,
    Branch,
    Carried,
    Choose,
    Constant,
    Fan,
    ForEach,
    Inner,
    Invoke,
    ListOf,
    Node,
    Raise,
    Return,
    Try,
    Value,
    Wait,
    replaced,
)
from mlfn_engine.pipelines.states.errors import RETRIED, State, catcher, fail, retrier, retriers
from mlfn_engine.pipelines.states.jsonata import (
    expression,
    json_text,
    json_text_of_object,
    output,
    records,
    template,
    wrapped,
)

Step = Invoke | Ask | ForEach | Assign | Choose | Fan | Inner | Wait | Raise | Return
"""A node that is a state."""

TIMEOUT_MARGIN_S = 5
"""A model's own timeout comes first, so that its error is the one that is seen."""
_CONTEXT = "$states.context"
_ANSWER = "$states.result.Payload.output"
_RECORD = "$states.result.Payload.record"


def state_machine(nodes: tuple[Node, ...], given: str, timeout_s: int) -> dict[str, Any]:
    """The definition of a state machine that runs `nodes` on its input, which `given` is an expression for."""
    states = _States()
    start = states.sequence(nodes, None)
    return {
        "QueryLanguage": "JSONata",
        "StartAt": "Input",
        "TimeoutSeconds": timeout_s,
        "States": {"Input": _input(given, start), **states.states},
    }


def _input(given: str, start: str | None) -> State:
    caller = "$states.input.mlfn.caller"
    return {
        "Type": "Pass",
        "Assign": {
            "input": wrapped(given),
            "input_record": wrapped("[$states.input.mlfn.record]"),
            "caller": wrapped(f"$exists({caller}) ? {caller} : null"),
        },
        "Output": {},
        **_next(start),
    }


def _next(name: str | None) -> State:
    return {"End": True} if name is None else {"Next": name}


@dataclass(slots=True, kw_only=True)
class _States:
    """The states of one level: of the machine, or of one iteration."""

    states: dict[str, State] = field(default_factory=dict)
    catchers: tuple[State, ...] = ()
    """Where the errors of the states that are being added go, innermost try first."""

    def sequence(self, nodes: tuple[Node, ...], after: str | None) -> str | None:
        """Add the states of nodes, followed by the state `after`; the name of the first."""
        for node in reversed(nodes):
            after = self._try(node, after) if isinstance(node, Try) else self._add(node, after)
        return after

    def _add(self, node: Step, after: str | None) -> str:
        self.states[node.state] = self._state(node, after)
        return node.state

    def _try(self, node: Try, after: str | None) -> str | None:
        """A try has no state of its own: the states of its body have catchers."""
        otherwise = self.sequence(node.otherwise, after)
        own = tuple(catcher(each, self.sequence(each.body, after)) for each in node.handlers)
        outer = self.catchers
        self.catchers = (*own, *(() if own[-1]["ErrorEquals"] == list(ALL) else outer))
        start = self.sequence(node.body, otherwise)
        self.catchers = outer
        return start

    def _caught(self, state: State) -> State:
        return {**state, "Catch": list(self.catchers)} if self.catchers else state

    def _state(self, node: Step, after: str | None) -> State:
        match node:
            case Choose():
                return self._choice(node, after)
            case Return():
                return _return(node)
            case Raise():
                return fail(node)
            case Assign():
                return {"Type": "Pass", "Assign": _assignments(node), "Output": {}, **_next(after)}
            case Wait():
                return {"Type": "Wait", "Seconds": template(node.seconds), "Output": {}, **_next(after)}
        return {**self._caught(_work(node)), **_next(after)}

    def _choice(self, node: Choose, after: str | None) -> State:
        then, otherwise = self.sequence(node.then, after), self.sequence(node.otherwise, after)
        return {
            "Type": "Choice",
            "Choices": [{"Condition": wrapped(expression(node.condition)), "Next": then}],
            "Default": otherwise,
        }


def _work(node: Invoke | Ask | ForEach | Fan | Inner) -> State:
    """A state that may fail."""
    match node:
        case Invoke():
            return _task(node)
        case Ask():
            return _question(node)
        case ForEach():
            return _map(node)
        case Fan():
            return _parallel(node)
        case Inner():
            return _inner(node)
    assert_never(node)


def _return(node: Return) -> State:
    if not node.is_inner:
        return {"Type": "Pass", "Output": output(node.value), "End": True}
    kept = {"output": template(node.value), "records": wrapped(records([node.value]))}
    return {"Type": "Pass", "Output": kept, "End": True}


def _inner(node: Inner) -> State:
    """One branch: a level of its own, whose errors can be caught and retried as a whole."""
    name, inner = node.result.name, _States()
    start = inner.sequence(node.body, None)
    return {
        "Type": "Parallel",
        "Branches": [{"StartAt": start, "States": inner.states}],
        **({"Retry": [retrier(node.again)]} if node.again else {}),
        "Assign": {
            name: wrapped("$states.result[0].output"),
            f"{name}_record": wrapped("$states.result[0].records"),
        },
        "Output": {},
    }


def _task(node: Invoke) -> State:
    values = [value for _, value in node.arguments]
    name = node.result.name
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
            "FunctionName": f"${{{node.callee.name}}}",
            "Payload": {**_payload(_input_text(node), values), **_travel(node.carried)},
        },
        "TimeoutSeconds": node.timeout_s or node.callee.timeout_s + TIMEOUT_MARGIN_S,
        "Retry": retriers(node.again),
        "Assign": {
            name: wrapped(_ANSWER),
            f"{name}_record": wrapped(_RECORD),
        },
        "Output": {},
    }


def _question(node: Ask) -> State:
    """The front door keeps the task's token until a person answers; what it sends is the state's result."""
    asked = {"by": template(Constant(json=list(node.by), type=list)), "token": wrapped(f"{_CONTEXT}.Task.Token")}
    if node.timeout_s is not None:
        asked["timeout_s"] = node.timeout_s
    name = node.result.name
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Arguments": {
            "FunctionName": f"${{{FRONT_DOOR}}}",
            "Payload": {**_payload(json_text(node.about), [node.about]), "approval": asked},
        },
        **({"TimeoutSeconds": node.timeout_s} if node.timeout_s is not None else {}),
        "Retry": [{**retriers(None)[0], "ErrorEquals": [*RETRIED, "ApprovalsUnavailable"]}],
        "Assign": {name: wrapped("$states.result.output"), f"{name}_record": wrapped("$states.result.record")},
        "Output": {},
    }


def _input_text(node: Invoke) -> str:
    signature = node.callee.signature
    is_single = signature is not None and len(signature.parameters) == 1
    return json_text(node.arguments[0][1]) if is_single else json_text_of_object(node.arguments)


def _payload(text: str, values: list[Value]) -> State:
    retry, redrive = f"{_CONTEXT}.State.RetryCount", f"{_CONTEXT}.Execution.RedriveCount"
    return {
        "mlfn": 1,
        "input": wrapped(text),
        "execution": wrapped(f"{_CONTEXT}.Execution.Id"),
        "state": wrapped(f"{_CONTEXT}.State.Name"),
        "retry": wrapped(f"$exists({retry}) ? {retry} : 0"),
        "redrive": wrapped(f"$exists({redrive}) ? {redrive} : 0"),
        "parents": wrapped(records(values)),
        "caller": wrapped("$caller"),
    }


def _travel(carried: Carried | None) -> State:
    """How large the answer may be as it travels, where that is not what a function assumes, and what has to stay."""
    if carried is None:
        return {}
    told: State = {"inline": template(Constant(json=carried.inline, type=Any))} if carried.inline else {}
    if carried.lists:
        counts = " * ".join(_count(each) for each in carried.lists)
        return {**told, "room": wrapped(f"$floor({carried.room} / ({counts}))")}
    return told if carried.room == ROOM else {**told, "room": carried.room}


def _count(items: Value) -> str:
    """An expression for the number of a list's items."""
    match items:
        case ListOf(items=known) | Constant(json=list() as known):
            return str(max(len(known), 1))
    return f"$count({expression(items)})"


def _map(node: ForEach) -> State:
    start, states = _iteration(node)
    return {
        "Type": "Map",
        "Items": template(node.items),
        **({"MaxConcurrency": node.at_once} if node.at_once else {}),
        "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": start, "States": states},
        "Assign": _map_assignments(node),
        "Output": {},
    }


def _iteration(node: ForEach) -> tuple[str, dict[str, State]]:
    """One state where one is enough; else the item is kept in a variable first and the value made last."""
    here = replace(node.item, name="$states.input")
    match node.body:
        case ():
            value = replaced(node.value, node.item, here)
            return node.value_state, {node.value_state: {"Type": "Pass", "Output": output(value), "End": True}}
        case (Invoke(result=result) as call,) if result == node.value:
            arguments = tuple((name, replaced(each, node.item, here)) for name, each in call.arguments)
            return _only_call(replace(call, arguments=arguments))
    start, states = _nodes_with_value(node.body, node.value, node.value_state)
    item = {"Type": "Pass", "Assign": {node.item.name: wrapped("$states.input")}, "Output": {}, **_next(start)}
    return node.item_state, {node.item_state: item, **states}


def _only_call(call: Invoke) -> tuple[str, dict[str, State]]:
    """One call whose answer is the value of its level."""
    output = {"output": wrapped(_ANSWER), "records": [wrapped(_RECORD)]}
    task = {**_task(call), "Output": output, "End": True}
    del task["Assign"]
    return call.state, {call.state: task}


def _nodes_with_value(body: tuple[Node, ...], value: Value, state: str) -> tuple[str, dict[str, State]]:
    """Nodes that end in a value, which leaves their level with the records it stems from."""
    inner = _States()
    output = {"output": template(value), "records": wrapped(records([value]))}
    inner.states[state] = {"Type": "Pass", "Output": output, "End": True}
    return inner.sequence(body, state) or state, inner.states


def _parallel(node: Fan) -> State:
    assigned: State = {}
    branches = []
    for number, branch in enumerate(node.branches):
        name, result = branch.result.name, f"$states.result[{number}]"
        assigned |= {name: wrapped(f"{result}.output"), f"{name}_record": wrapped(f"{result}.records")}
        start, states = _branch(branch)
        branches.append({"StartAt": start, "States": states})
    return {"Type": "Parallel", "Branches": branches, "Assign": assigned, "Output": {}}


def _branch(branch: Branch) -> tuple[str, dict[str, State]]:
    match branch.body:
        case (Invoke(result=result) as call,) if result == branch.value:
            return _only_call(call)
    return _nodes_with_value(branch.body, branch.value, branch.value_state)


def _map_assignments(node: ForEach) -> State:
    """Lists of iterations that call models come with their records.

    `[]` keeps a list of one from collapsing into its item, and no list at all is what `$map` makes of an empty one.
    https://docs.jsonata.org/predicate#singleton-array-and-value-equivalence
    """
    name = node.result.name
    if not node.body:
        return {name: wrapped("$states.result")}
    outputs = "$map($states.result, function($each) { $each.output })[]"
    return {
        name: wrapped(f"$count($states.result) = 0 ? [] : {outputs}"),
        f"{name}_record": wrapped("[$states.result.records]"),
    }


def _assignments(node: Assign) -> State:
    found: State = {}
    for variable, value in node.values:
        found[variable.name] = template(value)
        if variable.records == (f"{variable.name}_record",):
            found[f"{variable.name}_record"] = wrapped(records([value]))
    return found
