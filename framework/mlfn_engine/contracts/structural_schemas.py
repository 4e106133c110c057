"""Core schemas without the user's classes and functions: what a function can check that holds none of his code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mlfn_engine.contracts.core_schemas import InexpressibleError, exported_value

Schema = dict[str, Any]

_ANY: Schema = {"type": "any"}
_LEFT_OUT = frozenset({"metadata", "serialization"})
_DATA = frozenset({"expected", "config", "default"})
_CONFIG = (
    "strict",
    "allow_inf_nan",
    "validate_by_name",
    "validate_by_alias",
    "populate_by_name",
    "str_strip_whitespace",
)
_PLAIN = frozenset({"any", "none", "bool", "int", "float", "decimal", "str", "bytes", "date", "time", "datetime"})
_PLAIN |= {"timedelta", "list", "tuple", "set", "frozenset", "dict", "nullable", "union", "definitions"}
_PLAIN |= {"definition-ref", "chain", "url", "multi-host-url", "uuid", "json"}


def structural(schema: Mapping[str, Any]) -> Schema:
    """The same shape in plain objects: user classes become typed dictionaries, user functions accept anything."""
    kind = schema["type"]
    if transform := _TRANSFORMS.get(kind):
        return _referable(schema, transform(schema))
    if kind in _PLAIN:
        return {key: _entry(key, item) for key, item in schema.items() if key not in _LEFT_OUT}
    return _referable(schema, dict(_ANY))


def _entry(key: str, value: Any) -> Any:
    match value:
        case dict() if isinstance(value.get("type"), str) and key not in _DATA:
            return structural(value)
        case list() | tuple() if key not in _DATA:
            return [_entry(key, item) for item in value]
        case _:
            return value


def _referable(source: Mapping[str, Any], result: Schema) -> Schema:
    return {**result, "ref": source["ref"]} if "ref" in source else result


def _inner(schema: Mapping[str, Any]) -> Schema:
    return structural(schema["schema"])


def _anything(_: Mapping[str, Any]) -> Schema:
    return dict(_ANY)


def _dataclass(schema: Mapping[str, Any]) -> Schema:
    arguments = _under_validators(schema["schema"])
    if arguments["type"] != "dataclass-args":
        return dict(_ANY)
    fields = {field["name"]: field for field in arguments["fields"] if field.get("init", True)}
    return _object(fields, schema.get("config") or {})


def _model(schema: Mapping[str, Any]) -> Schema:
    fields = _under_validators(schema["schema"])
    if schema.get("root_model"):
        return structural(fields)
    return _object(fields["fields"], schema.get("config") or {}) if fields["type"] == "model-fields" else dict(_ANY)


def _under_validators(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a class's own `after` validators see."""
    while schema["type"] == "function-after":
        schema = schema["schema"]
    return schema


def _typed_dict(schema: Mapping[str, Any]) -> Schema:
    result = _object(schema["fields"], schema.get("config") or {})
    result["extra_behavior"] = schema.get("extra_behavior", result["extra_behavior"])
    for name, field in schema["fields"].items():
        required = field.get("required", schema.get("total", True))
        result["fields"][name]["required"] = required and not _has_default(field["schema"])
    return result


def _object(fields: Mapping[str, Any], config: Mapping[str, Any]) -> Schema:
    return {
        "type": "typed-dict",
        "fields": {name: _field(field) for name, field in fields.items()},
        "extra_behavior": config.get("extra_fields_behavior", "ignore"),
        "config": {key: config[key] for key in _CONFIG if key in config},
    }


def _field(field: Mapping[str, Any]) -> Schema:
    alias = {key: field[key] for key in ("validation_alias",) if key in field}
    required = not _has_default(field["schema"])
    return {"type": "typed-dict-field", "schema": structural(field["schema"]), "required": required, **alias}


def _has_default(schema: Mapping[str, Any]) -> bool:
    """A default may lie under validators."""
    if schema["type"] == "default":
        return True
    return schema["type"].startswith("function-") and "schema" in schema and _has_default(schema["schema"])


def _enum(schema: Mapping[str, Any]) -> Schema:
    if schema.get("missing"):
        return dict(_ANY)
    return _literal({"expected": schema["members"]})


def _literal(schema: Mapping[str, Any]) -> Schema:
    """An enum's members are told by their values, as JSON gives them."""
    try:
        values = [exported_value(getattr(value, "value", value)) for value in schema["expected"]]
    except InexpressibleError:
        return dict(_ANY)
    simple = values and all(value is None or isinstance(value, str | int) for value in values)
    return {"type": "literal", "expected": values} if simple else dict(_ANY)


def _json_branch(schema: Mapping[str, Any]) -> Schema:
    return structural(schema["json_schema"])


def _strict_branch(schema: Mapping[str, Any]) -> Schema:
    return structural(schema["strict_schema"])


def _chain(schema: Mapping[str, Any]) -> Schema:
    return structural(schema["steps"][0])


def _tagged_union(schema: Mapping[str, Any]) -> Schema:
    """Discriminators are functions or aliases; one of the choices fits either way."""
    choices = [choice for choice in schema["choices"].values() if isinstance(choice, Mapping)]
    return {"type": "union", "choices": [structural(choice) for choice in choices]}


_TRANSFORMS: dict[str, Callable[[Mapping[str, Any]], Schema]] = {
    "dataclass": _dataclass,
    "model": _model,
    "typed-dict": _typed_dict,
    "enum": _enum,
    "literal": _literal,
    "default": _inner,
    "function-after": _inner,
    "function-before": _anything,
    "function-wrap": _anything,
    "function-plain": _anything,
    "json-or-python": _json_branch,
    "lax-or-strict": _strict_branch,
    "chain": _chain,
    "custom-error": _inner,
    "tagged-union": _tagged_union,
}
