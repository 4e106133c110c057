"""AWS::LanguageExtensions: loops, Fn::Length, Fn::ToJsonString, and functions where CloudFormation itself has none.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/transform-aws-languageextensions.html
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.errors import validation_error
from mlfn_localstack.services.cloudformation.intrinsics import NO_VALUE, Unknown, evaluate, first_unknown, is_function
from mlfn_localstack.services.cloudformation.transforms.loops import Loops

if TYPE_CHECKING:
    from mlfn_localstack.services.cloudformation.transforms.expansion import Expansion

LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"
_SECTIONS = ("Conditions", "Resources", "Outputs")
_POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")
_DEFAULT = "DefaultValue"


def extended(document: dict[str, Any], expansion: Expansion) -> dict[str, Any]:
    """A template without what only this transform understands.

    Raises:
        ServiceError: ValidationError: something in it cannot be carried out.
    """
    mappings = document.get("Mappings", {})
    try:
        loops = Loops(lambda node: expansion.value(node, mappings))
        found = {
            name: loops.expanded(section, {}) if name in _SECTIONS else section for name, section in document.items()
        }
        resolver = _Resolver(found, expansion)
        return {name: resolver.section(name, one) if name in _SECTIONS else one for name, one in found.items()}
    except ServiceError as error:
        raise validation_error(f"Transform {LANGUAGE_EXTENSIONS} failed with: {error.message}") from error


class _Resolver:
    """Replaces the functions of the transform by what they come to."""

    def __init__(self, document: dict[str, Any], expansion: Expansion) -> None:
        self._scope = replace(
            expansion.scope,
            mappings=document.get("Mappings", {}),
            conditions=document.get("Conditions", {}),
            resource_ids=frozenset(document.get("Resources", {})),
        )
        self._conditions = document.get("Conditions", {})

    def section(self, name: str, members: Any) -> Any:
        """A section of the template."""
        found = self.node(members)
        for one in found.values() if isinstance(found, dict) and name != "Conditions" else ():
            if isinstance(one, dict):
                self._attributes(one)
        return found

    def _attributes(self, member: dict[str, Any]) -> None:
        """Have a resource's policies, and the condition of it or of an output, be plain names."""
        for name in (*_POLICIES, "Condition"):
            if is_function(member.get(name)):
                member[name] = self._value(member[name])
        condition = member.get("Condition")
        if isinstance(condition, str) and condition not in self._conditions:
            raise validation_error(f"Key {condition} is missing in the map.")

    def node(self, node: Any) -> Any:
        """A part of the template."""
        if isinstance(node, list):
            return [self.node(item) for item in node]
        if not isinstance(node, dict):
            return node
        match node:
            case {"Fn::Length": argument}:
                return self._length(argument)
            case {"Fn::ToJsonString": argument}:
                return self._json(argument)
            case {"Fn::FindInMap": list() as arguments}:
                return self._find_in_map(arguments)
            case {"Ref": dict() as name}:
                return {"Ref": self._value(name)}
            case {"Fn::GetAtt": [dict() as name, attribute]}:
                return {"Fn::GetAtt": [self._value(name), self.node(attribute)]}
        return {key: self.node(value) for key, value in node.items()}

    def _value(self, node: Any) -> Any:
        return evaluate(self.node(node), self._scope)

    def _length(self, argument: Any) -> int:
        value = self._value(argument)
        if not isinstance(value, list):
            raise validation_error("The Fn::Length value could not be resolved for properties")
        return len(value)

    def _find_in_map(self, arguments: list[Any]) -> Any:
        """What a mapping has, or the default; keys may be any function."""
        *keys, last = arguments
        if not isinstance(last, dict) or set(last) != {_DEFAULT}:
            return {"Fn::FindInMap": [self.node(one) for one in arguments]}
        found: Any = self._scope.mappings
        for key in (self._value(one) for one in keys):
            if not isinstance(found, dict) or key not in found:
                return self.node(last[_DEFAULT])
            found = found[key]
        return found

    def _json(self, argument: Any) -> Any:
        """A value as JSON; what only the stack will know is put into it then."""
        node = self.node(argument)
        value = evaluate(node, self._scope)
        if first_unknown(value) is None:
            return _text(value)
        pieces: list[Any] = []
        self._write(node, pieces)
        return {"Fn::Join": ["", _joined(pieces)]}

    def _write(self, node: Any, pieces: list[Any]) -> None:
        value = evaluate(node, self._scope)
        if value is NO_VALUE or first_unknown(value) is None:
            pieces.append(_text(value))
        elif isinstance(value, Unknown):
            pieces += ['"', self._chosen(node), '"']
        elif isinstance(value, list):
            self._write_items("[", [("", item) for item in self._chosen(node)], "]", pieces)
        else:
            members = [(f"{_text(key)}:", item) for key, item in self._chosen(node).items()]
            self._write_items("{", members, "}", pieces)

    def _write_items(self, opening: str, members: list[tuple[str, Any]], closing: str, pieces: list[Any]) -> None:
        pieces.append(opening)
        kept = [(head, item) for head, item in members if evaluate(item, self._scope) is not NO_VALUE]
        for index, (head, item) in enumerate(kept):
            pieces.append(("," if index else "") + head)
            self._write(item, pieces)
        pieces.append(closing)

    def _chosen(self, node: Any) -> Any:
        """A node, or what an `Fn::If` chooses."""
        while isinstance(node, dict) and set(node) == {"Fn::If"}:
            name, yes, no = node["Fn::If"]
            node = yes if evaluate({"Fn::If": [name, True, False]}, self._scope) else no
        return node


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _joined(pieces: list[Any]) -> list[Any]:
    """Neighbouring texts as one."""
    found: list[Any] = []
    for piece in pieces:
        if found and isinstance(piece, str) and isinstance(found[-1], str):
            found[-1] += piece
        else:
            found.append(piece)
    return found
