"""YAML as CloudFormation reads it, with the short forms of intrinsic functions."""

from __future__ import annotations

import json
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML was built without libyaml: ten times slower, the same values
    from yaml import SafeLoader  # type: ignore[assignment]

from mlfn_localstack.services.cloudformation.errors import validation_error

_MAX_DEPTH = 200
_SHORT_FORMS = frozenset(
    [
        "And",
        "Base64",
        "Cidr",
        "Equals",
        "FindInMap",
        "GetAtt",
        "GetAZs",
        "If",
        "ImportValue",
        "Join",
        "Length",
        "Not",
        "Or",
        "Select",
        "Split",
        "Sub",
        "ToJsonString",
        "Transform",
    ]
)


class _Loader(SafeLoader):
    """YAML as CloudFormation reads it: 1.1's booleans and numbers, but dates stay text and keys are unique."""


class _PlainLoader(SafeLoader):
    """The same, but for the short forms: parts that are included cannot have them."""


def load_yaml(body: str) -> Any:
    """The document in a text.

    Raises:
        ServiceError: it is no YAML, or more of it than CloudFormation takes.
    """
    return _loaded(body, _Loader)


def load_plain_yaml(body: str) -> Any:
    """As `load_yaml`, without the short forms of functions."""
    return _loaded(body, _PlainLoader)


def _loaded(body: str, loader: type[SafeLoader]) -> Any:
    try:
        _check_structure(body)
        return yaml.load(body, loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError) as error:  # ValueError: a number of more than 4,300 digits
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise validation_error(f"Template format error: YAML not well-formed.{place}") from error


def _check_structure(body: str) -> None:
    """Refuse aliases, with which a few lines would stand for gigabytes, and depths that libyaml's stack cannot take.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
    """
    depth = 0
    for event in yaml.parse(body, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            raise validation_error("Template error: YAML aliases are not allowed in CloudFormation templates")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise validation_error("Template format error: YAML is nested too deeply.")


def _mapping(loader: SafeLoader, node: yaml.MappingNode) -> dict[str, Any]:
    loader.flatten_mapping(node)
    pairs = [(loader.construct_object(key, deep=True), loader.construct_object(value, deep=True))
             for key, value in node.value]  # fmt: skip
    found = {_key(key): value for key, value in pairs}
    if len(found) != len(pairs):
        raise yaml.constructor.ConstructorError(None, None, "a key is given twice", node.start_mark)
    return found


def _key(key: Any) -> str:
    return key if isinstance(key, str) else json.dumps(key)


def _text(loader: SafeLoader, node: yaml.ScalarNode) -> str:
    return str(node.value)


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if suffix in ("Ref", "Condition"):
        return {suffix: loader.construct_scalar(node)}  # type: ignore[arg-type]  # raises for anything but a scalar
    if suffix not in _SHORT_FORMS:
        raise yaml.constructor.ConstructorError(None, None, f"unknown tag !{suffix}", node.start_mark)
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_object(node, deep=True) if node.tag.startswith("tag:") else _mapping(loader, node)  # type: ignore[arg-type]  # the remaining kind is a mapping
    return {f"Fn::{suffix}": value}


for _each in (_Loader, _PlainLoader):
    _each.add_constructor("tag:yaml.org,2002:map", _mapping)
    _each.add_constructor("tag:yaml.org,2002:timestamp", _text)
_Loader.add_multi_constructor("!", _short_form)
