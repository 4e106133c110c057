"""Data flow by JSONPath: InputPath, Parameters, ResultSelector, ResultPath, OutputPath, Assign."""

from __future__ import annotations

import re
from typing import Any

from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName, PathError, StateError, runtime_failure
from mlfn_localstack.services.stepfunctions.asl.flow import Definition, Exit, View
from mlfn_localstack.services.stepfunctions.asl.intrinsics import evaluate_intrinsic, is_intrinsic
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload, dump
from mlfn_localstack.services.stepfunctions.asl.jsonpath import compile_path, write_reference
from mlfn_localstack.services.stepfunctions.asl.templates import expand_paths

_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)(.*)", re.DOTALL)


_FRACTIONS = {"ToleratedFailurePercentage"}


def _no_number(name: str, path: str, value: Any) -> StateError:
    shown = value if isinstance(value, str) else dump(value)
    if name == "Seconds":
        return runtime_failure(f"The SecondsPath parameter cannot be parsed as a long value: {path} == {shown}")
    kind = "float" if name in _FRACTIONS else "integer"
    return runtime_failure(f'The {name}Path field refers to value "{shown}" which is not a valid {kind}: {path}')


def _read_context(path: str, context: dict[str, Any]) -> Any:
    try:
        return compile_path(path).read(context)
    except PathError as error:
        error.context = context
        raise


def _absent(name: str, path: str, searched: Payload, error: PathError) -> StateError:
    """A field's path leads nowhere."""
    if name in {"Seconds", "Timestamp"}:
        return runtime_failure(f"The {name}Path parameter does not reference an input value: {path}")
    if name in {"Error", "Cause"}:
        field = f"The JSONPath '{path}' specified for the field '{name}Path'"
        return runtime_failure(f"{field} could not be found in the input '{searched.text}'")
    return _no_results(path, error)


def no_moment(state: Definition, shown: str) -> StateError:
    """What a Wait's timestamp is read from is none."""
    expected = "a valid ISO-8601 extended offset date-time format string"
    place = state.get("TimestampPath", "Timestamp")
    return runtime_failure(f"The TimestampPath parameter does not reference {expected}: {place} == {shown}")


def _no_results(path: str, error: PathError) -> StateError:
    return runtime_failure(f"Invalid path '{path}' : {error.reason}")


class JsonPathFlow:
    """The data flow of one state whose query language is JSONPath."""

    jsonata = False

    def __init__(self, view: View) -> None:
        self.view = view

    def read(self, path: str, root: Any, context: dict[str, Any] | None = None) -> Any:
        """What a path names: below `root`, in the context object (`$$…`) or in a variable (`$name…`).

        Raises:
            PathError: it names nothing.
        """
        if path.startswith("$$"):
            return _read_context(path[1:], self.view.context if context is None else context)
        if match := _VARIABLE.fullmatch(path):
            name, rest = match.groups()
            if name not in self.view.variables:
                raise PathError(f"The variable '{name}' is not defined")
            return compile_path(f"${rest}").read(self.view.variables[name])
        return compile_path(path).read(root)

    def path(self, path: str | None, payload: Payload) -> Payload:
        """A path field (InputPath, ItemsPath …) applied; null gives an empty object."""
        if path == "$":
            return payload
        if path is None:
            return Payload({})
        try:
            return Payload(self.read(path, payload.value))
        except PathError as error:
            raise _no_results(path, error) from error

    def effective_input(self, state: Definition) -> Payload:
        """The input after InputPath."""
        return self.path(state.get("InputPath", "$"), self.view.raw)

    def arguments(self, state: Definition) -> Payload:
        """Parameters over the effective input."""
        effective = self.effective_input(state)
        return self._expand(state["Parameters"], effective) if "Parameters" in state else effective

    def template(
        self, template: Any, location: str, item: dict[str, Any] | None = None, data: Payload | None = None
    ) -> Any:
        """Another template, over `data` or the state's input."""
        context = self.view.context if item is None else {**self.view.context, "Map": {"Item": item}}
        root = self.view.raw if data is None else data
        return expand_paths(template, lambda path: self.read(path, root.value, context), lambda: root.text)

    def number(self, state: Definition, name: str, default: float | None = None) -> float | None:
        """A numeric field, or the number its `<name>Path` names."""
        value = self._literal_or_path(state, name, default)
        kinds = (int, float) if name in _FRACTIONS else (int,)
        if f"{name}Path" in state and (isinstance(value, bool) or not isinstance(value, kinds)):
            raise _no_number(name, state[f"{name}Path"], value)
        number: float | None = value
        return number

    def text(self, state: Definition, name: str) -> str | None:
        """A string field, or the string its `<name>Path` names."""
        value = self._literal_or_path(state, name, None)
        if value is not None and not isinstance(value, str):
            raise (
                no_moment(state, dump(value))
                if name == "Timestamp"
                else runtime_failure(f"The {name}Path parameter must reference a string")
            )
        return value

    def _literal_or_path(self, state: Definition, name: str, default: Any) -> Any:
        if f"{name}Path" not in state:
            return state.get(name, default)
        path, raw = state[f"{name}Path"], self.view.raw
        if is_intrinsic(path):
            return evaluate_intrinsic(path, lambda inner: self.read(inner, raw.value), lambda: raw.text)
        searched = self.effective_input(state)
        try:
            return self.read(path, searched.value)
        except PathError as error:
            raise _absent(name, path, searched, error) from error

    def finish(self, state: Definition, result: Payload) -> Exit:
        """ResultSelector, ResultPath, OutputPath."""
        assigned = self._assign(state, result)
        selected = self._expand(state["ResultSelector"], result) if "ResultSelector" in state else result
        combined = self._combine(state.get("ResultPath", "$"), selected)
        return Exit(output=self.path(state.get("OutputPath", "$"), combined), assigned=assigned)

    def skip(self, state: Definition) -> Exit:
        """InputPath, OutputPath."""
        effective = self.effective_input(state)
        assigned = self._assign(state, effective)
        return Exit(output=self.path(state.get("OutputPath", "$"), effective), assigned=assigned)

    def caught(self, catcher: Definition, location: str, error: dict[str, str | None]) -> Exit:
        """The error output at the catcher's ResultPath."""
        result = Payload(error)
        return Exit(
            output=self._combine(catcher.get("ResultPath", "$"), result), assigned=self._assign(catcher, result)
        )

    def _expand(self, template: Any, payload: Payload) -> Payload:
        return Payload(expand_paths(template, lambda path: self.read(path, payload.value), lambda: payload.text))

    def _assign(self, holder: Definition, result: Payload) -> dict[str, Any]:
        if "Assign" not in holder:
            return {}
        assigned: dict[str, Any] = self._expand(holder["Assign"], result).value
        return assigned

    def _combine(self, path: str | None, result: Payload) -> Payload:
        if path == "$":
            return result
        if path is None:
            return self.view.raw
        try:
            return Payload(write_reference(compile_path(path), self.view.raw.value, result.value))
        except PathError as error:
            cause = f"Unable to apply ReferencePath {path} to input {self.view.raw.text}"
            raise StateError(ErrorName.RESULT_PATH, cause, internal=True) from error
