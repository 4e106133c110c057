"""A model's result as JSON: by CPython's C encoder where that is what pydantic would write, else by pydantic-core."""

from __future__ import annotations

from mlfn.jsontext import encoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CUSTOM = frozenset(
    {"serialization", "serialization_alias", "validation_alias", "computed_fields", "serialize_by_alias"}
)
_fields: dict[type, tuple[str, ...]] = {}


def is_custom(schema: Any) -> bool:
    """Whether a core schema says how its values are written, so that only its own serializer may write them."""
    if isinstance(schema, dict):
        return any(schema.get(name) for name in _CUSTOM) or any(is_custom(item) for item in schema.values())
    return isinstance(schema, list | tuple) and any(is_custom(item) for item in schema)


def _default(value: Any) -> Any:
    kind = type(value)
    if (names := _fields.get(kind) or _names(kind)) is not None:
        return {name: getattr(value, name) for name in names}
    if (found := _SIMPLE.get(f"{kind.__module__}.{kind.__qualname__}")) is not None:
        return found(value)
    if isinstance(value, set | frozenset):
        return list(value)
    if kind.__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{kind.__name__} is not plain")


def _names(kind: type) -> tuple[str, ...] | None:
    """The fields of a dataclass, without class variables; None for anything else."""
    declared = kind.__dict__.get("__dataclass_fields__")
    if declared is None or "__pydantic_serializer__" in kind.__dict__:
        return None
    _fields[kind] = names = tuple([name for name, field in declared.items() if field._field_type.name == "_FIELD"])
    return names


def _datetime(value: Any) -> str:
    text: str = value.isoformat()
    return text[:-6] + "Z" if text.endswith("+00:00") else text


_SIMPLE: dict[str, Any] = {
    "datetime.datetime": _datetime,
    "datetime.date": lambda value: value.isoformat(),
    "decimal.Decimal": str,
    "uuid.UUID": str,
}
"""What pydantic writes for these types."""

encode_plain = encoder(default=_default)
"""JSON text of builtins, dataclasses, dates, Decimal, UUID and numpy values.

Raises:
    TypeError: something else is in it.
    ValueError: NaN, Infinity, or a value that contains itself.
"""
