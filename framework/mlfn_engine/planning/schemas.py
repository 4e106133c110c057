"""Whether what one JSON Schema allows fits another: the question behind every breaking change.

Values of the sender's schema must be valid for the receiver's. For an input, callers send by the deployed schema and
the new one receives; for an output, the new one sends and callers receive by the deployed one. Covers what pydantic
makes of Python's types (JSON Schema 2020-12); keywords it does not know are compared for equality.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Schema = dict[str, Any]
_LOWER = {
    "minimum": "be at least",
    "exclusiveMinimum": "be more than",
    "minLength": "have at least so many characters:",
    "minItems": "have at least so many entries:",
}
_UPPER = {
    "maximum": "be at most",
    "exclusiveMaximum": "be less than",
    "maxLength": "have at most so many characters:",
    "maxItems": "have at most so many entries:",
}
_EQUAL = ("pattern", "format", "contentEncoding", "prefixItems", "uniqueItems", "multipleOf")
_ANYTHING: Schema = {}


def misfits(sender: Schema, receiver: Schema) -> tuple[str, ...]:
    """Why a value that the sender may send could be refused by the receiver; empty if none can."""
    return tuple(dict.fromkeys(_Fit(sender=sender, receiver=receiver).problems(sender, receiver, "")))


def lost(before: Schema, after: Schema) -> tuple[str, ...]:
    """Properties that are there before and not after, by path: who reads them gets nothing any more."""
    return tuple(_lost(_Fit(sender=before, receiver=after), before, after, "", 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """One comparison: both roots, for references, and the pairs that are being compared already."""

    sender: Schema
    receiver: Schema
    open: set[tuple[str, str]] = field(default_factory=set)

    def problems(self, sender: Schema, receiver: Schema, path: str) -> Iterator[str]:
        pair = (str(sender.get("$ref")), str(receiver.get("$ref")))
        if pair != ("None", "None"):
            if pair in self.open:
                return
            self.open.add(pair)
        sender, receiver = resolved(sender, self.sender), resolved(receiver, self.receiver)
        alternatives = _alternatives(sender)
        if len(alternatives) > 1:
            for each in alternatives:
                yield from self.problems(each, receiver, path)
            return
        accepted = [list(self.problems_of_one(sender, each, path)) for each in _alternatives(receiver)]
        if all(accepted):
            yield from min(accepted, key=len)

    def problems_of_one(self, sender: Schema, receiver: Schema, path: str) -> Iterator[str]:
        sender, receiver = resolved(sender, self.sender), resolved(receiver, self.receiver)
        if receiver == _ANYTHING:
            return
        wrong = _types(sender) - _types(receiver)
        if wrong:
            yield f"{_at(path)} may be {_listed(wrong)}, not only {_listed(_types(receiver))}"
            return
        yield from _values(sender, receiver, path)
        yield from _bounds(sender, receiver, path)
        yield from self.objects(sender, receiver, path)
        if "items" in receiver:
            yield from self.problems(sender.get("items", _ANYTHING), receiver["items"], f"{path}[]")

    def objects(self, sender: Schema, receiver: Schema, path: str) -> Iterator[str]:
        known, theirs = receiver.get("properties", {}), sender.get("properties", {})
        for name in receiver.get("required", ()):
            if name not in sender.get("required", ()):
                yield f"{_at(_join(path, name))} must be there and may be missing"
        for name in theirs:
            if name in known:
                yield from self.problems(theirs[name], known[name], _join(path, name))
            elif receiver.get("additionalProperties") is False:
                yield f"{_at(_join(path, name))} is not known"
        others, allowed = sender.get("additionalProperties"), receiver.get("additionalProperties")
        if isinstance(others, dict) and isinstance(allowed, dict):
            yield from self.problems(others, allowed, f"{path}.*")


def resolved(schema: Schema, root: Schema) -> Schema:
    """A schema with its reference followed."""
    while "$ref" in schema:
        schema = root.get("$defs", {}).get(str(schema["$ref"]).rpartition("/")[2], _ANYTHING)
    return schema


def _alternatives(schema: Schema) -> list[Schema]:
    found: list[Schema] = schema.get("anyOf") or schema.get("oneOf") or []
    if found:
        return found
    kinds = schema.get("type")
    return [{**schema, "type": kind} for kind in kinds] if isinstance(kinds, list) else [schema]


def _types(schema: Schema) -> frozenset[str]:
    """The JSON types a schema allows; every integer is a number."""
    if "type" in schema:
        kinds = {schema["type"]}
    elif "const" in schema or "enum" in schema:
        kinds = {_type_of(value) for value in schema.get("enum", [schema.get("const")])}
    else:
        kinds = {"object", "array", "string", "number", "boolean", "null"}
    return frozenset(kinds | ({"integer"} if "number" in kinds else set()))


def _type_of(value: object) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case None:
            return "null"
        case list():
            return "array"
        case _:
            return "object"


def _values(sender: Schema, receiver: Schema, path: str) -> Iterator[str]:
    allowed = receiver.get("enum", [receiver["const"]] if "const" in receiver else None)
    if allowed is None:
        return
    sent = sender.get("enum", [sender["const"]] if "const" in sender else None)
    if sent is None:
        yield f"{_at(path)} may be anything, not only one of {allowed}"
    elif extra := [value for value in sent if value not in allowed]:
        yield f"{_at(path)} may be {_listed(map(repr, extra))}, not only one of {allowed}"


def _bounds(sender: Schema, receiver: Schema, path: str) -> Iterator[str]:
    for word, told in _LOWER.items():
        if word in receiver and not (word in sender and sender[word] >= receiver[word]):
            yield f"{_at(path)} must {told} {receiver[word]}"
    for word, told in _UPPER.items():
        if word in receiver and not (word in sender and sender[word] <= receiver[word]):
            yield f"{_at(path)} must {told} {receiver[word]}"
    for word in _EQUAL:
        if word in receiver and sender.get(word) != receiver[word]:
            yield f"{_at(path)} must have {word} {receiver[word]!r}"


def _lost(fit: _Fit, before: Schema, after: Schema, path: str, depth: int) -> Iterator[str]:
    before, after = resolved(before, fit.sender), resolved(after, fit.receiver)
    if depth > 8:  # a type that contains itself
        return
    theirs, ours = before.get("properties", {}), after.get("properties", {})
    for name, schema in theirs.items():
        if name not in ours and after.get("type") == "object":
            yield f"{_at(_join(path, name))} is gone"
        elif name in ours:
            yield from _lost(fit, schema, ours[name], _join(path, name), depth + 1)
    if "items" in before and "items" in after:
        yield from _lost(fit, before["items"], after["items"], f"{path}[]", depth + 1)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _at(path: str) -> str:
    return path or "the value"


def _listed(kinds: Iterable[str]) -> str:
    return " or ".join(sorted(kinds))
