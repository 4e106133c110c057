"""How a model's inputs and results are redacted, found in its types while packaging: docs/audit-payloads.md §2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlfn.blobs import Blob
from mlfn.sensitive import HOW, MARK

Schema = Mapping[str, Any]
Node = Any
"""True: anything is kept; None: anything but objects and lists; a text: how it is redacted; a number: a definition;
otherwise `o` fields, `x` other keys, `m` values of a mapping, `t` and `a` entries of a list, `u` alternatives."""

DROP = "drop"
_ANYTHING = frozenset({"any", "is-instance", "is-subclass", "callable", "custom-error", "invalid"})
_WRAPPERS = frozenset({"function-before", "function-after", "function-wrap", "default", "dataclass", "model"})
_LISTS = frozenset({"list", "set", "frozenset", "generator"})
_OBJECTS = frozenset({"typed-dict", "model-fields", "dataclass-args"})
_STRUCTURED = frozenset({"call", "arguments", "arguments-v3", "function-plain", "json"})
"""Forms whose JSON cannot be followed into."""


def redaction(schema: Schema, *, result: bool) -> dict[str, Any]:
    """The plan for values of a core schema; `result`: they are written by it, under their aliases for that."""
    planner = _Planner(result=result)
    planner.find_definitions(schema)
    root = planner.node(schema)
    return {"root": root, "defs": planner.definitions()}


def is_sensitive(plan: Mapping[str, Any]) -> bool:
    """Whether anything is marked, beside the keys nobody declared."""
    return any(_is_marked(node) for node in (plan["root"], *plan["defs"]))


class _Planner:
    """Follows one schema; what refers to itself becomes a definition."""

    def __init__(self, *, result: bool) -> None:
        self._result = result
        self._schemas: dict[str, Schema] = {}
        self._numbers: dict[str, int] = {}
        self._nodes: list[Node] = []

    def find_definitions(self, value: Any) -> None:
        """Take note of every schema that others refer to."""
        if isinstance(value, Mapping):
            if isinstance(value.get("type"), str) and "ref" in value:
                self._schemas[value["ref"]] = value
            for key, item in value.items():
                if key != "metadata":
                    self.find_definitions(item)
        elif isinstance(value, list | tuple):
            for item in value:
                self.find_definitions(item)

    def definitions(self) -> list[Node]:
        """The nodes that numbers stand for."""
        return self._nodes

    def node(self, schema: Schema) -> Node:
        """How values of a schema are redacted."""
        if how := _mark(schema):
            return how
        if schema["type"] == "definition-ref":
            return self._reference(schema["schema_ref"])
        if "ref" in schema:
            return self._reference(schema["ref"])
        return self._structure(schema)

    def _reference(self, name: str) -> Node:
        if name not in self._numbers:
            self._numbers[name] = number = len(self._nodes)
            self._nodes.append(True)
            schema = self._schemas[name]
            self._nodes[number] = _mark(schema) or self._structure(schema)
        return self._numbers[name]

    def _structure(self, schema: Schema) -> Node:
        kind = schema["type"]
        if kind in _STRUCTURED or (self._result and "function" in (schema.get("serialization") or {})):
            return DROP if _holds_mark(schema, self._schemas, set()) else True
        if schema.get("cls") is Blob:
            # Not a mark of the user's; what nobody declares is dropped without making a model discreet.
            return {"o": {key: True for key in ("content_type", "size", "digest", "at")}, "x": DROP}
        if kind in _ANYTHING:
            return True
        if kind in _OBJECTS:
            return self._object(schema)
        if kind in _LISTS:
            return {"a": self._inner(schema.get("items_schema"))}
        if kind in _WRAPPERS:
            return self.node(schema["schema"])
        special = {"dict": self._mapping, "tuple": self._tuple, "chain": self._steps, "definitions": self._definitions}
        if kind in special:
            return special[kind](schema)
        choices = list(_alternatives(schema))
        return {"u": [*([None] if kind == "nullable" else []), *map(self.node, choices)]} if choices else None

    def _inner(self, schema: Schema | None) -> Node:
        return True if schema is None else self.node(schema)

    def _object(self, schema: Schema) -> Node:
        fields: dict[str, Node] = {}
        listed = schema["fields"]
        pairs = listed.items() if isinstance(listed, Mapping) else [(field["name"], field) for field in listed]
        for name, field in pairs:
            node = self.node(field["schema"])
            for key in self._names(name, field):
                fields[key] = node
        if self._result:
            for computed in schema.get("computed_fields") or ():
                name = computed.get("alias") or computed["property_name"]
                fields[name] = self.node(computed["return_schema"])
        extras = schema.get("extras_schema")
        return {"o": fields, "x": DROP if extras is None else self.node(extras)}

    def _names(self, name: str, field: Schema) -> Iterator[str]:
        """Every key that may hold a field."""
        alias = field.get("serialization_alias" if self._result else "validation_alias")
        yield name
        if isinstance(alias, str):
            yield alias
        elif alias:
            # A path or a choice of paths; what lies below its first key belongs to the field.
            paths = alias if isinstance(alias[0], list) else [alias]
            yield from (str(path[0]) for path in paths)

    def _mapping(self, schema: Schema) -> Node:
        keys = schema.get("keys_schema")
        node = self.node(keys) if keys is not None else None
        return node if isinstance(node, str) else {"m": self._inner(schema.get("values_schema"))}

    def _tuple(self, schema: Schema) -> Node:
        nodes = [self.node(each) for each in schema["items_schema"]]
        variadic = schema.get("variadic_item_index")
        if variadic is None:
            return {"t": nodes, "a": DROP}
        # What follows the variadic item has no position of its own: every alternative counts.
        return {"t": nodes[:variadic], "a": {"u": nodes[variadic:]}}

    def _steps(self, schema: Schema) -> Node:
        return self.node(schema["steps"][-1 if self._result else 0])

    def _definitions(self, schema: Schema) -> Node:
        return self.node(schema["schema"])


def _alternatives(schema: Schema) -> Iterator[Schema]:
    match schema["type"]:
        case "nullable":
            yield schema["schema"]
        case "union":
            yield from (choice[0] if isinstance(choice, tuple) else choice for choice in schema["choices"])
        case "tagged-union":
            yield from (choice for choice in schema["choices"].values() if isinstance(choice, Mapping))
        case "lax-or-strict":
            yield from (schema["lax_schema"], schema["strict_schema"])
        case "json-or-python":
            yield schema["json_schema"]


def _mark(schema: Schema) -> str | None:
    how = (schema.get("metadata") or {}).get(MARK)
    return how if how in HOW else None


def _is_marked(node: Node) -> bool:
    match node:
        case str():
            return True
        case {"u": nodes}:
            return any(map(_is_marked, nodes))
        case dict():
            # Undeclared keys and entries are dropped everywhere: that alone marks nothing.
            fields = [*node.get("o", {}).values(), *node.get("t", ()), node.get("m")]
            others = [node[key] for key in ("x", "a") if key in node and node[key] != DROP]
            return any(map(_is_marked, [*fields, *others])) or ("t" not in node and node.get("a") == DROP)
        case _:
            return False


def _holds_mark(value: Any, schemas: Mapping[str, Schema], seen: set[str]) -> bool:
    if isinstance(value, Mapping):
        if isinstance(value.get("type"), str) and _mark(value):
            return True
        if isinstance(name := value.get("schema_ref"), str) and name not in seen:
            seen.add(name)
            return _holds_mark(schemas[name], schemas, seen)
        return any(_holds_mark(item, schemas, seen) for key, item in value.items() if key != "metadata")
    return isinstance(value, list | tuple) and any(_holds_mark(item, schemas, seen) for item in value)
