"""pydantic-core schemas as JSON: written by the packager, read by a runtime that never imports pydantic."""

from __future__ import annotations

import enum
import importlib
import inspect
import math
import sys
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REFERENCE = "$mlfn"

_STRICT = frozenset({"bool", "int", "float", "complex", "decimal", "str", "bytes", "date", "time", "datetime"})
_STRICT |= {"timedelta", "list", "tuple", "set", "frozenset", "dict", "model", "dataclass", "typed-dict", "enum"}
_STRICT |= {"url", "multi-host-url", "uuid"}
"""Schemas that take `strict`."""

_VALUES = frozenset({"default", "expected", "const"})
"""Keys whose value is data, not schema."""

_DROPPED = {"typed-dict": frozenset({"cls", "metadata"})}
_METADATA = frozenset({"metadata"})


class InexpressibleError(Exception):
    """A schema holds something that JSON and an import cannot bring back."""


def exported(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A core schema as JSON values: strict, without infinities, classes and functions as references."""
    return Export().schema(schema, strict=True)


def imported(value: Any) -> Any:
    """The core schema that `exported` wrote, with its references looked up."""
    if isinstance(value, dict):
        if value.keys() == {REFERENCE}:
            return resolve_reference(value[REFERENCE])
        return {key: imported(item) for key, item in value.items()}
    return [imported(item) for item in value] if isinstance(value, list) else value


def resolve_reference(reference: str) -> Any:
    """The object that `module:qualname` names."""
    module, _, qualname = reference.partition(":")
    found: Any = importlib.import_module(module)
    for name in qualname.split("."):
        found = getattr(found, name)
    return found


class Export:
    """One export: schema references, which hold memory addresses, are numbered as they appear."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._names: dict[str, str] = {}

    def schema(self, schema: Mapping[str, Any], *, strict: bool) -> dict[str, Any]:
        """A schema (a mapping with a `type`) as JSON values."""
        kind = schema["type"]
        own = schema.get("config") or {}
        strict = own["strict"] is True if "strict" in own else strict
        dropped = _DROPPED.get(kind, _METADATA)
        result = {key: self._entry(key, item, strict) for key, item in schema.items() if key not in dropped}
        if strict and kind in _STRICT:
            result.setdefault("strict", True)
        if kind == "float" and "allow_inf_nan" not in own:
            result.setdefault("allow_inf_nan", False)
        return result

    def _entry(self, key: str, value: Any, strict: bool) -> Any:
        if key in {"ref", "schema_ref"}:
            return self._names.setdefault(value, f"{self._prefix}{len(self._names)}")
        if key in _VALUES:
            return exported_value(value)
        return self._any(value, strict)

    def _any(self, value: Any, strict: bool) -> Any:
        match value:
            case dict() if isinstance(value.get("type"), str):
                return self.schema(value, strict=strict)
            case dict():
                return {_text(key): self._any(item, strict) for key, item in value.items()}
            case list() | tuple():
                return [self._any(item, strict) for item in value]
            case _:
                return exported_value(value)


def exported_value(value: Any) -> Any:
    """Data inside a schema: what JSON brings back as it was, or a reference."""
    if value is None or isinstance(value, bool) or type(value) in {int, str}:
        return value
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is list:
        return [exported_value(item) for item in value]
    if type(value) is dict and REFERENCE not in value:
        return {_text(key): exported_value(item) for key, item in value.items()}
    return {REFERENCE: _reference(value)}


def _text(key: Any) -> str:
    if type(key) is not str or key == REFERENCE:
        raise InexpressibleError(f"the key {key!r}")
    return key


def _reference(value: Any) -> str:
    """`module:qualname`, if importing that gives the same object without pydantic's help."""
    module, qualname = _origin(value)
    reference = f"{module}:{qualname}"
    if module.partition(".")[0] in {"pydantic", "__main__"} or "<" in qualname or module not in sys.modules:
        raise InexpressibleError(reference)
    try:
        found = resolve_reference(reference)
    except (AttributeError, ImportError):
        raise InexpressibleError(reference) from None
    if found is not value and not (isinstance(value, MethodType) and found == value):
        raise InexpressibleError(reference)
    return reference


def _origin(value: Any) -> tuple[str, str]:
    if isinstance(value, enum.Enum):
        return type(value).__module__, f"{type(value).__qualname__}.{value.name}"
    if isinstance(value, MethodType) and inspect.isclass(value.__self__):
        return value.__self__.__module__, f"{value.__self__.__qualname__}.{value.__name__}"
    if isinstance(value, type | FunctionType | BuiltinFunctionType):
        named: type | Callable[..., Any] = value
        return str(named.__module__), named.__qualname__
    raise InexpressibleError(repr(type(value)))
