"""A handler's contract in the manifest: what its runtime and its pipelines' ingress check, ready made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mlfn_engine.contracts.core_schemas import InexpressibleError, exported, imported
from mlfn_engine.contracts.redaction import redaction
from mlfn_engine.contracts.structural_schemas import structural
from mlfn_engine.declarations.signatures import read_signature

Handler = Callable[..., Any]


def input_contract(handler: Handler, schema: str) -> dict[str, Any]:
    """The manifest's `input`: one parameter is the body itself, several are the keys of an object."""
    return _contract(schema, lambda: _body_schema(handler))


def output_contract(handler: Handler, schema: str) -> dict[str, Any]:
    """The manifest's `output`."""
    return _contract(schema, lambda: _core_schema(read_signature(handler).result))


def ingress_contract(handler: Handler, schema: str) -> dict[str, Any]:
    """The `input` of a pipeline in the ingress' manifest: structural, so that no user code is needed to check it."""
    contract = _contract(schema, lambda: structural(_body_schema(handler)))
    return contract if contract["core"] else {**contract, "core": {"type": "any"}}


def redactions(handler: Handler) -> tuple[dict[str, Any], dict[str, Any]]:
    """How a handler's body and its result are redacted."""
    result = _core_schema(read_signature(handler).result)
    return redaction(_body_schema(handler), result=False), redaction(result, result=True)


def needs_pydantic(contract: Mapping[str, Any]) -> bool:
    """Whether the runtime has to build this contract with pydantic itself."""
    return contract["core"] is None


def referenced_modules(contract: Mapping[str, Any]) -> frozenset[str]:
    """The modules that a runtime imports to bring a contract's classes and functions back."""
    return frozenset(_references(contract["core"]))


def load(core: Any) -> Any:
    """A validator of an exported schema, made as the runtime makes it."""
    from pydantic_core import SchemaValidator  # noqa: PLC0415  not needed to plan from a cached contract

    return SchemaValidator(imported(core))


def _contract(schema: str, build: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    from pydantic_core import SchemaError, __version__  # noqa: PLC0415  see load

    core: dict[str, Any] | None
    try:
        core = exported(build())
        load(core)
    except (InexpressibleError, SchemaError):
        core = None
    return {"core": core, "pydantic_core": __version__, "schema_digest": hashlib.sha256(schema.encode()).hexdigest()}


def _core_schema(hint: Any) -> Mapping[str, Any]:
    from pydantic import TypeAdapter  # noqa: PLC0415  see load

    schema: Mapping[str, Any] = TypeAdapter(hint).core_schema
    return schema


def _body_schema(handler: Handler) -> Mapping[str, Any]:
    parameters = read_signature(handler).parameters
    if len(parameters) == 1:
        return _core_schema(parameters[0].hint)
    fields = {
        each.name: {
            "type": "typed-dict-field",
            "schema": _core_schema(each.hint),
            "required": each.default is None,
        }
        for each in parameters
    }
    return _hoisted({"type": "typed-dict", "fields": fields, "extra_behavior": "forbid"})


def _hoisted(schema: dict[str, Any]) -> dict[str, Any]:
    """Each parameter's definitions, moved to the top under names of their own."""
    definitions: list[Any] = []
    for number, field in enumerate(schema["fields"].values()):
        own = _renamed(field["schema"], f"{number}.")
        if own["type"] == "definitions":
            definitions += own["definitions"]
            own = own["schema"]
        field["schema"] = own
    return {"type": "definitions", "schema": schema, "definitions": definitions} if definitions else schema


def _renamed(value: Any, prefix: str) -> Any:
    if isinstance(value, dict):
        own = isinstance(value.get("type"), str)
        return {
            key: prefix + item if own and key in {"ref", "schema_ref"} else _renamed(item, prefix)
            for key, item in value.items()
        }
    return [_renamed(item, prefix) for item in value] if isinstance(value, list) else value


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(reference := value.get("$mlfn"), str):
            yield reference.partition(":")[0]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
