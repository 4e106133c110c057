"""CloudFormation templates as data: YAML with its short forms (`!Ref`, `!Sub`) written out."""

from __future__ import annotations

from typing import Any

import yaml

Tree = dict[str, Any]
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Reader(_LOADER):  # type: ignore[misc]  # libyaml's where it is there: ten times as fast
    """Knows CloudFormation's tags."""


def _intrinsic(reader: Any, suffix: str, node: yaml.Node) -> Tree:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = reader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: reader.construct_sequence(node, deep=True)}
    return {name: reader.construct_mapping(node, deep=True)}


_Reader.add_multi_constructor("!", _intrinsic)


def read_template(body: str) -> Tree:
    """A template's sections."""
    found = yaml.load(body, Loader=_Reader)  # noqa: S506 - a safe loader with CloudFormation's tags
    return found if isinstance(found, dict) else {}


def resources(template: Tree, kind: str) -> dict[str, Tree]:
    """The properties of all resources of a type, by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template.get("Resources", {}).items()
        if resource.get("Type") == kind
    }


def in_words(value: Any) -> str:
    """A value as people would write it: a reference by its name, a substitution by its text."""
    match value:
        case {"Ref": name}:
            return str(name)
        case {"Fn::GetAtt": [name, attribute]}:
            return f"{name}.{attribute}"
        case {"Fn::Sub": text}:
            return str(text)
        case list():
            return ", ".join(map(in_words, value))
        case dict():
            return ", ".join(f"{key}: {in_words(each)}" for key, each in value.items())
        case _:
            return str(value)
