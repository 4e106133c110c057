"""Compile pipelines written in a test, and run their state machines with an interpreter of a few lines."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonata import Jsonata
from jsonata.utils import Utils
from pydantic import TypeAdapter
from statelint.config import Config
from statelint.linter import Linter

from mlfn.app import App
from mlfn_engine.declarations.signatures import read_signature
from mlfn_engine.resolve import resolve_app

if TYPE_CHECKING:
    from collections.abc import Callable

NOTHING = object()
"""The result of a state that has none."""


@dataclass(kw_only=True)
class Machine:
    """A state machine and the models it calls, as Step Functions would run them."""

    definition: dict[str, Any]
    models: dict[str, Callable[..., Any]]
    calls: list[dict[str, Any]] = field(default_factory=list)

    def run(self, value: Any, **mlfn: Any) -> Any:
        """The output for an input."""
        data = {"input": value, **({"mlfn": mlfn} if mlfn else {})}
        return self._flow(self.definition, data, {})

    def _flow(self, level: dict[str, Any], data: Any, outer: dict[str, Any]) -> Any:
        variables, name = dict(outer), level["StartAt"]
        while True:
            state = level["States"][name]
            before = dict(variables)
            result = self._result(name, state, data, before)
            if state["Type"] == "Choice":
                met = (
                    each for each in state["Choices"] if _fill(each["Condition"], data, before, NOTHING, name) is True
                )
                name = next((each["Next"] for each in met), state["Default"])
                continue
            assigned = {key: _fill(each, data, before, result, name) for key, each in state.get("Assign", {}).items()}
            assert not set(assigned) & set(outer), "an inner scope must not assign an outer variable"
            variables |= assigned
            data = _fill(state["Output"], data, before, result, name) if "Output" in state else result
            assert data is not NOTHING
            if state.get("End"):
                return data
            name = state["Next"]

    def _result(self, name: str, state: dict[str, Any], data: Any, variables: dict[str, Any]) -> Any:
        if state["Type"] == "Task":
            return self._call(_fill(state["Arguments"], data, variables, NOTHING, name))
        if state["Type"] == "Map":
            items = _fill(state["Items"], data, variables, NOTHING, name)
            assert isinstance(items, list)
            return [self._flow(state["ItemProcessor"], item, variables) for item in items]
        if state["Type"] == "Parallel":
            return [self._flow(branch, data, variables) for branch in state["Branches"]]
        assert state["Type"] in ("Pass", "Choice")
        return NOTHING

    def _call(self, arguments: dict[str, Any]) -> Any:
        payload = arguments["Payload"]
        self.calls.append(payload)
        assert isinstance(payload["input"], str)
        model = self.models[arguments["FunctionName"].removeprefix("${").removesuffix("}")]
        signature = read_signature(model)
        body = json.loads(payload["input"])
        given = body if len(signature.parameters) > 1 else {signature.parameters[0].name: body}
        hints = {each.name: each.hint for each in signature.parameters}
        result = model(**{key: TypeAdapter(hints[key]).validate_python(each) for key, each in given.items()})
        output = TypeAdapter(signature.result).dump_python(result, mode="json")
        return {"Payload": {"output": output, "record": f"r{len(self.calls)}"}}


def _fill(template: Any, data: Any, variables: dict[str, Any], result: Any, state: str) -> Any:
    """A template with its expressions evaluated."""
    if isinstance(template, dict):
        return {key: _fill(each, data, variables, result, state) for key, each in template.items()}
    if isinstance(template, list):
        return [_fill(each, data, variables, result, state) for each in template]
    if not isinstance(template, str) or not template.startswith("{%"):
        return template
    assert template.endswith("%}")
    assert template.count("{%") == template.count("%}") == 1
    wrapped = Jsonata(f'{{"value": ({template[2:-2]})}}')
    frame = wrapped.create_frame()
    context = {"Execution": {"Id": "arn:execution"}, "State": {"Name": state}}
    states = {"input": data, "context": context, **({} if result is NOTHING else {"result": result})}
    for name, value in {**variables, "states": states}.items():
        frame.bind(name, _with_nulls(value))
    evaluated = wrapped.evaluate(None, frame)
    assert "value" in evaluated, f"{template} is undefined"
    return json.loads(json.dumps(evaluated["value"]))


def _with_nulls(value: Any) -> Any:
    """jsonata-python takes None for a missing value, and this object for null."""
    if isinstance(value, dict):
        return {key: _with_nulls(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_nulls(each) for each in value]
    return Utils.NULL_VALUE if value is None else value


def compiled(pipeline: Callable[..., Any], models: tuple[Callable[..., Any], ...]) -> Machine:
    """The machine of a pipeline, checked by statelint."""
    app = App("test", root=Path(__file__).parent)
    for each in (*models, pipeline):
        app.add(each)
    resolved = resolve_app(app)
    definition = json.loads(resolved.pipelines[0].definition)
    assert Linter.validate(definition, Config(evaluate_jsonata=True)) == []
    return Machine(definition=definition, models={each.__name__: each for each in models})


@pytest.fixture(scope="session")
def compile_machine() -> Callable[..., Machine]:
    """Compile a marked pipeline, once, with the models it may call: `compile_machine(judge, sentiment, …)`."""
    once = cache(compiled)
    return lambda pipeline, *models: replace(once(pipeline, models), calls=[])
