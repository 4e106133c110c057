"""Data flow by JSONata: Arguments, Output, Assign, and expressions in any field."""

from __future__ import annotations

from typing import Any

from mlfn_localstack.services.stepfunctions.asl.flow import Definition, Exit, View
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload
from mlfn_localstack.services.stepfunctions.asl.jsonata import bind, evaluate_field, expression_in, wrong_type
from mlfn_localstack.services.stepfunctions.asl.templates import expand_expressions


class JsonataFlow:
    """The data flow of one state whose query language is JSONata."""

    jsonata = True

    def __init__(self, view: View) -> None:
        self.view = view
        self._plain: dict[str, Any] | None = None

    def frame(self, item: dict[str, Any] | None = None, **extra: Any) -> dict[str, Any]:
        """The variables an expression sees; `extra` are members of `$states` beside input and context."""
        if item is None and not extra:
            if self._plain is None:
                self._plain = self._bind(self.view.context, {})
            return self._plain
        context = self.view.context if item is None else {**self.view.context, "Map": {"Item": item}}
        return self._bind(context, extra)

    def _bind(self, context: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
        states = {"input": self.view.raw.value, "context": context, **extra}
        return bind({**self.view.variables, "states": states})

    def effective_input(self, state: Definition) -> Payload:
        """The state's input as it is."""
        return self.view.raw

    def arguments(self, state: Definition) -> Payload:
        """Arguments, or the state's input."""
        if "Arguments" not in state:
            return self.view.raw
        return Payload(expand_expressions(state["Arguments"], self.frame(), "Arguments"))

    def template(
        self, template: Any, location: str, item: dict[str, Any] | None = None, data: Payload | None = None
    ) -> Any:
        """Another template of the state."""
        return expand_expressions(template, self.frame(item), location)

    def number(self, state: Definition, name: str, default: float | None = None) -> float | None:
        """A numeric field."""
        value = self._value(state, name, default)
        if isinstance(value, bool) or not isinstance(value, int | float | None):
            raise wrong_type(expression_in(state[name]) or "", name, "number", value)
        return value

    def text(self, state: Definition, name: str) -> str | None:
        """A string field."""
        value = self._value(state, name, None)
        if value is not None and not isinstance(value, str):
            raise wrong_type(expression_in(state[name]) or "", name, "string", value)
        return value

    def _value(self, state: Definition, name: str, default: Any) -> Any:
        value = state.get(name, default)
        expression = expression_in(value)
        return value if expression is None else evaluate_field(expression, self.frame(), name)

    def finish(self, state: Definition, result: Payload) -> Exit:
        """Assign and Output, which both see `$states.result`."""
        return self._exit(state, "", result, {"result": result.value})

    def skip(self, state: Definition) -> Exit:
        """Assign and Output over the input."""
        return self._exit(state, "", self.view.raw, {})

    def caught(self, catcher: Definition, location: str, error: dict[str, str]) -> Exit:
        """Assign and Output of the catcher, which see `$states.errorOutput`."""
        return self._exit(catcher, f"{location}/", Payload(error), {"errorOutput": error})

    def _exit(self, holder: Definition, prefix: str, default: Payload, extra: dict[str, Any]) -> Exit:
        if "Assign" not in holder and "Output" not in holder:
            return Exit(output=default)
        frame = self.frame(**extra)
        output = default
        if "Output" in holder:
            output = Payload(expand_expressions(holder["Output"], frame, f"{prefix}Output"))
        assigned = expand_expressions(holder.get("Assign", {}), frame, f"{prefix}Assign")
        return Exit(output=output, assigned=assigned)

    def condition(self, expression: str, location: str) -> bool:
        """Whether a Choice's Condition holds."""
        value = evaluate_field(expression, self.frame(), location)
        if not isinstance(value, bool):
            raise wrong_type(expression, location, "boolean", value)
        return value
