"""A model's contract at run time: what comes in and goes out fits the declared types, or is refused."""

from __future__ import annotations

import sys

from mlfn.runtime import strict_json
from mlfn.runtime.core import extension, schema_of
from mlfn.runtime.encoding import encode_plain, is_custom
from mlfn.runtime.refusal import CONTRACT, Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Handler = Callable[..., Any]

_SHOWN_ERRORS = 20


class Types:
    """One side of a contract: a validator, and a serializer for results that need one."""

    __slots__ = ("custom", "error", "serialize", "strict", "validator")

    def __init__(self, *, schema: Any, validator: Any, serialize: Callable[[Any], bytes], strict: bool | None) -> None:
        self.custom = is_custom(schema)
        self.validator = validator
        self.serialize = serialize
        self.strict = strict
        core = extension()
        self.error: type[Exception] = core.ValidationError if core is not None else ValueError


class InputContract:
    """Turns a body into a handler's arguments."""

    __slots__ = ("_parameters", "_types", "digest")

    def __init__(self, types: Types, parameters: tuple[str, ...], digest: str) -> None:
        self._types = types
        self._parameters = parameters
        self.digest = digest

    def arguments(self, body: bytes) -> dict[str, Any]:
        """The handler's arguments by name.

        Raises:
            Refusal: the body does not fit; what is wrong is named, the values are not.
        """
        strict_json.check(body)
        try:
            value = self._types.validator.validate_json(body, strict=self._types.strict)
        except self._types.error as error:
            raise _violation("input", error, status=400) from None
        return {self._parameters[0]: value} if len(self._parameters) == 1 else value


class OutputContract:
    """Turns a handler's result into a body."""

    __slots__ = ("_types",)

    def __init__(self, types: Types) -> None:
        self._types = types

    def body(self, value: Any) -> bytes:
        """The result as JSON bytes, after checking those bytes: what leaves is what was declared.

        Raises:
            Refusal: it does not fit.
        """
        types = self._types
        try:
            if types.custom:
                return self._serialized(types.validator.validate_python(value, strict=types.strict))
            body = self._encoded(value)
            types.validator.validate_json(body, strict=types.strict)
        except types.error as error:
            raise _violation("result", error, status=500) from None
        return body

    def _encoded(self, value: Any) -> bytes:
        try:
            return encode_plain(value).encode()
        except TypeError:
            return self._serialized(value)
        except RecursionError:
            raise Refusal(CONTRACT, "The model's result is nested too deeply.", status=500) from None
        except ValueError as error:
            raise _unwritable(error) from None

    def _serialized(self, value: Any) -> bytes:
        try:
            return self._types.serialize(value)
        except (ValueError, TypeError) as error:
            raise _unwritable(error) from None


def input_contract(entry: Mapping[str, Any], parameters: tuple[str, ...], handler: Handler) -> InputContract:
    """The contract of a body; `handler` is where the types come from if the image's schema cannot be used."""
    types = _prebuilt(entry) or _rebuilt_input(handler, parameters)
    return InputContract(types, parameters, entry.get("schema_digest", ""))


def structural_contract(entry: Mapping[str, Any], parameters: tuple[str, ...]) -> InputContract | None:
    """The contract of a body where the types themselves are not at hand; None if the image holds none to use."""
    types = _prebuilt(entry)
    return InputContract(types, parameters, entry.get("schema_digest", "")) if types is not None else None


def output_contract(entry: Mapping[str, Any], handler: Handler) -> OutputContract:
    """The contract of a result."""
    return OutputContract(_prebuilt(entry) or _rebuilt(_hints(handler).get("return")))


def _prebuilt(entry: Mapping[str, Any]) -> Types | None:
    core = extension() if entry.get("core") is not None else None
    if core is None:
        return None
    if core.__version__ != entry.get("pydantic_core"):
        _say(f"the image has pydantic-core {core.__version__}, its contract was made for {entry.get('pydantic_core')}")
        return None
    schema = schema_of(entry["core"])
    try:
        validator = core.SchemaValidator(schema)
    except core.SchemaError as error:
        _say(f"the contract's schema cannot be used ({str(error).splitlines()[0]})")
        return None
    return Types(schema=schema, validator=validator, serialize=_serializer(core, schema), strict=None)


def _serializer(core: Any, schema: Any) -> Callable[[Any], bytes]:
    made: list[Any] = []

    def serialize(value: Any) -> bytes:
        if not made:
            made.append(core.SchemaSerializer(schema))
        body: bytes = made[0].to_json(value, by_alias=True, warnings="none")
        return body

    return serialize


def _rebuilt_input(handler: Handler, parameters: tuple[str, ...]) -> Types:
    hints = _hints(handler)
    if len(parameters) == 1:
        return _rebuilt(hints.get(parameters[0]))
    from typing_extensions import NotRequired, TypedDict  # noqa: PLC0415, UP035 - pydantic refuses typing.TypedDict

    code = handler.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    optional = {*names[code.co_argcount - len(handler.__defaults__ or ()) : code.co_argcount]}
    optional |= set(handler.__kwdefaults__ or ())
    fields = {name: NotRequired[hints[name]] if name in optional else hints[name] for name in parameters}
    body: Any = TypedDict("Input", fields)  # type: ignore[misc]  # the fields are known at run time only
    setattr(body, "__pydantic_config__", {"extra": "forbid"})  # noqa: B010 - a name type checkers do not know
    return _rebuilt(body)


def _rebuilt(hint: Any) -> Types:
    from typing import Any as Anything  # noqa: PLC0415 - only without a schema

    from pydantic import TypeAdapter  # noqa: PLC0415 - the user's types or another pydantic-core ask for it

    adapter: Any = TypeAdapter(Anything if hint is None else hint)
    return Types(
        schema=adapter.core_schema,
        validator=adapter.validator,
        serialize=lambda value: adapter.dump_json(value, by_alias=True, warnings="none"),
        strict=True,
    )


def _hints(handler: Handler) -> dict[str, Any]:
    from typing import get_type_hints  # noqa: PLC0415 - only without a schema

    return get_type_hints(handler, include_extras=True)


def discreet(refusal: Refusal) -> Refusal:
    """A violation told by its place and kind alone: what a validator of the user's says may hold the value."""
    if refusal.error_type != CONTRACT or (not refusal.errors and refusal.status == 400):
        return refusal
    side = "result" if refusal.status == 500 else "input"
    errors = [{**each, "msg": each["type"].replace("_", " ")} for each in refusal.errors]
    return Refusal(CONTRACT, _sentence(side, errors, len(errors)), status=refusal.status, errors=errors)


def _sentence(side: str, errors: list[dict[str, Any]], count: int) -> str:
    if not errors:
        return f"The {side} does not fit its contract."
    where = ".".join([str(part) for part in errors[0]["loc"]])
    more = f" (and {count - 1} more)" if count > 1 else ""
    problem = f"{where}: {errors[0]['msg']}" if where else errors[0]["msg"]
    return f"The {side} does not fit its contract: {problem}{more}."


def _unwritable(error: Exception) -> Refusal:
    return Refusal(CONTRACT, f"The model's result cannot be written as JSON: {error}.", status=500)


def _violation(side: str, error: Any, *, status: int) -> Refusal:
    errors = error.errors(include_url=False, include_context=False, include_input=side == "result")
    shown = [{"loc": list(each["loc"]), "msg": _said(each), "type": each["type"]} for each in errors[:_SHOWN_ERRORS]]
    return Refusal(CONTRACT, _sentence(side, shown, len(errors)), status=status, errors=shown)


def _said(error: dict[str, Any]) -> str:
    """What is wrong; with a result of a wrong type, which one it has as JSON, and nothing of its value."""
    message: str = error["msg"]
    if "input" not in error or not error["type"].endswith("_type"):
        return message
    return f"{message.removeprefix('Input ')}, and is {type(error['input']).__qualname__}"


def _say(problem: str) -> None:
    sys.stderr.write(f"mlfn: {problem}; pydantic is imported instead, which costs a slower start.\n")
