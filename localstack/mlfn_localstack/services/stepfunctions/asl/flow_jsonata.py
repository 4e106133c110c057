"""Data flow by JSONata: Arguments, Output, Assign, and expressions in any field."""

from __future__ import annotations

from typing import Any

from mlfn_localstack.services.stepfunctions.asl.flow import Definition, Exit, View
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload
from mlfn_localstack.services.stepfunctions.asl.jsonata import Bindings, evaluate_field, expression_in, wrong_type
from mlfn_localstack.services.stepfunctions.asl.templates import expand_expressions


class JsonataFlow:
    """The data flow of one state whose query language is JSONata."""

    jsonata = True

    def __init__(self, view: View) -> None:
        self.view = view
        self._plain: Bindings | None = None

    def bindings(self, item: dict[str, Any] | None = None, **extra: Any) -> Bindings:
        """The variables an expression sees; `extra` are members of `$states` beside input and context."""
        if item is None and not extra:
            if self._plain is None:
                self._plain = self._bind(self.view.context, {})
            return self._plain
        context = self.view.context if item is None else {**self.view.context, "Map": {"Item": item}}
        return self._bind(context, extra)

    def _bind(self, context: dict[str, Any], extra: dict[str, Any]) -> Bindings:
        return Bindings(self.view.variables, {"input": self.view.raw.value, "context": context, **extra})

    def effective_input(self, state: Definition) -> Payload:
        """The state's input as it is."""
        return self.view.raw

    def arguments(self, state: Definition) -> Payload:
        """Arguments, or the state's input."""
        if "Arguments" not in state:
            return self.view.raw
        return Payload(expand_expressions(state["Arguments"], self.bindings(), "Arguments"))

    def template(
        self, template: Any, location: str, item: dict[str, Any] | None = None, data: Payload | None = None
    ) -> Any:
        """Another template of the state."""
        return expand_expressions(template, self.bindings(item), location)

    def number(self, state: Definition, name: str, default: float | None = None) -> float | None:
        """A numeric field."""
        if name not in state:
            return default
        value = self._value(state, name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong_type(expression_in(state[name]) or "", name, "number", value)
        return value

    def text(self, state: Definition, name: str) -> str | None:
        """A string field."""
        if name not in state:
            return None
        value = self._value(state, name)
        if not isinstance(value, str):
            raise wrong_type(expression_in(state[name]) or "", name, "string", value)
        return value

    def _value(self, state: Definition, name: str) -> Any:
        value = state[name]
        expression = expression_in(value)
        return value if expression is None else evaluate_field(expression, self.bindings(), name)

    def finish(self, state: Definition, result: Payload) -> Exit:
        """Assign and Output, which both see `$states.result`."""
        return self._exit(state, "", result, {"result": result.value})

    def skip(self, state: Definition) -> Exit:
        """Assign and Output over the input."""
        return self._exit(state, "", self.view.raw, {})

    def caught(self, catcher: Definition, location: str, error: dict[str, str | None]) -> Exit:
        """Assign and Output of the catcher, which see `$states.errorOutput`."""
        return self._exit(catcher, f"{location}/", Payload(error), {"errorOutput": error})

    def _exit(self, holder: Definition, prefix: str, default: Payload, extra: dict[str, Any]) -> Exit:
        if "Assign" not in holder and "Output" not in holder:
            return Exit(output=default)
        bindings = self.bindings(**extra)
        output = default
        if "Output" in holder:
            output = Payload(expand_expressions(holder["Output"], bindings, f"{prefix}Output"))
        assigned = expand_expressions(holder.get("Assign", {}), bindings, f"{prefix}Assign")
        return Exit(output=output, assigned=assigned)

    def condition(self, expression: str, location: str) -> bool:
        """Whether a Choice's Condition holds."""
        value = evaluate_field(expression, self.bindings(), location)
        if not isinstance(value, bool):
            raise wrong_type(expression, location, "boolean", value)
        return value
