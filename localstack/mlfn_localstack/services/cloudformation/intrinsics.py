"""Evaluates intrinsic functions; what a resource will only know once it exists stays `Unknown`."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from mlfn_localstack.services.cloudformation.errors import validation_error

_SUB = re.compile(r"\$\{(!?)([^}]*)\}")
_CIDR_BITS, _MAX_CIDRS = 8, 256
_CONDITION_SIZES = {"Fn::And": (2, 10), "Fn::Or": (2, 10), "Fn::Not": (1, 1), "Fn::Equals": (2, 2)}
CONDITION_FUNCTIONS = frozenset({*_CONDITION_SIZES, "Condition"})


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that depends on a resource that does not exist yet, named by the first one it depends on."""

    logical_id: str
    """Empty if it depends on another stack's export that does not exist yet."""
    attribute: str | None = None


def first_unknown(value: Any) -> Unknown | None:
    """The first part of a value that is not known, if there is one."""
    if isinstance(value, Unknown):
        return value
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((one for one in map(first_unknown, items) if one is not None), None)


class _NoValue:
    """`AWS::NoValue`: the property or item is left out."""


NO_VALUE = _NoValue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What names mean while a template is evaluated."""

    parameters: Mapping[str, Any]
    pseudo: Mapping[str, Any]
    mappings: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    resource_ids: frozenset[str] = frozenset()
    reference: Callable[[str], Any] = Unknown
    """What `Ref` of a resource gives."""
    attribute: Callable[[str, str], Any] = Unknown
    """What `Fn::GetAtt` of a resource gives."""
    exports: Mapping[str, str] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)
    """Collects the exports that are used."""
    exports_may_come: bool = False
    """Whether exports may be missing as yet: they are asked for when the stack is made or updated."""
    block: str = "Resources"
    """The section that is evaluated."""
    deciding: frozenset[str] = frozenset()
    """The conditions that are being evaluated, one for the other."""


def is_function(node: Any) -> bool:
    """Whether a node is an intrinsic function and not a value of its own."""
    return isinstance(node, dict) and len(node) == 1 and (next(iter(node)) == "Ref" or next(iter(node))[:4] == "Fn::")


def evaluate(node: Any, scope: Scope) -> Any:
    """A template node's value.

    Raises:
        ServiceError: a function is used wrongly or names something that is not there.
    """
    if isinstance(node, list):
        return [value for value in (evaluate(item, scope) for item in node) if value is not NO_VALUE]
    if not isinstance(node, dict):
        return node
    if is_function(node):
        ((name, argument),) = node.items()
        function = _FUNCTIONS.get(name)
        if function is None:
            raise validation_error(f"Template error: unsupported function: {name}")
        return function(argument, scope)
    values = ((key, evaluate(value, scope)) for key, value in node.items())
    return {key: value for key, value in values if value is not NO_VALUE}


def evaluate_condition(node: Any, scope: Scope) -> bool:
    """Whether a condition holds."""
    if not isinstance(node, dict) or len(node) != 1 or next(iter(node)) not in CONDITION_FUNCTIONS:
        raise validation_error("Template format error: Conditions can only be boolean operations on parameters")
    ((name, argument),) = node.items()
    if name == "Condition":
        return condition(argument, replace(scope, block="Conditions"))
    if not isinstance(argument, list):
        raise validation_error(f"Template error: {name} object requires a list argument.")
    least, most = _CONDITION_SIZES[name]
    if not least <= len(argument) <= most:
        raise validation_error(f"Template error: {name} requires a list argument with {least} to {most} elements.")
    if name == "Fn::Equals":
        one, other = (text_of(evaluate(item, scope)) for item in argument)
        return bool(one == other)
    holds = [evaluate_condition(item, scope) for item in argument]
    match name:
        case "Fn::And":
            return all(holds)
        case "Fn::Or":
            return any(holds)
        case _:
            return not holds[0]


def condition(name: Any, scope: Scope) -> bool:
    """Whether the named condition of the template holds."""
    if not isinstance(name, str) or name not in scope.conditions:
        raise validation_error(
            f"Template format error: Unresolved condition dependency {name} in the {scope.block} block of the template"
        )
    value = scope.conditions[name]
    if isinstance(value, bool):
        return value
    if name in scope.deciding:
        circle = ", ".join(sorted(scope.deciding))
        raise validation_error(f"Template format error: Circular dependency between conditions: [{circle}]")
    return evaluate_condition(value, replace(scope, block="Conditions", deciding=scope.deciding | {name}))


def text_of(value: Any) -> Any:
    """A scalar as the text that it is compared and joined as."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _ref(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, str):
        raise validation_error("Template error: every Ref object must have a single String value.")
    if argument == "AWS::NoValue":
        return NO_VALUE
    for names in (scope.parameters, scope.pseudo):
        if argument in names:
            return names[argument]
    if scope.block == "Conditions":
        raise validation_error(
            f"Template format error: Unresolved dependencies [{argument}]. Cannot reference resources in the "
            "Conditions block of the template"
        )
    if argument in scope.resource_ids:
        return scope.reference(argument)
    raise validation_error(
        f"Template format error: Unresolved resource dependencies [{argument}] in the {scope.block} block of the "
        "template"
    )


def _get_att(argument: Any, scope: Scope) -> Any:
    logical_id, attribute = attribute_reference(argument)
    if not isinstance(attribute, str):
        attribute = evaluate(attribute, scope)
    if scope.block == "Conditions":
        raise validation_error("Template error: Fn::GetAtt cannot be used in the Conditions block of the template")
    if logical_id not in scope.resource_ids:
        raise validation_error(f"Template error: instance of Fn::GetAtt references undefined resource {logical_id}")
    return scope.attribute(logical_id, attribute)


def attribute_reference(argument: Any) -> tuple[str, Any]:
    """Logical id and attribute of a Fn::GetAtt's argument, in either form."""
    if isinstance(argument, str) and "." in argument:
        logical_id, attribute = argument.split(".", 1)
        return logical_id, attribute
    if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[0], str):
        return argument[0], argument[1]
    raise validation_error(
        "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and "
        "the resource attribute"
    )


def sub_parts(argument: Any) -> tuple[str, dict[str, Any]]:
    """Text and variables of a Fn::Sub's argument."""
    if isinstance(argument, str):
        return argument, {}
    if isinstance(argument, list) and [type(item) for item in argument] == [str, dict]:
        return argument[0], argument[1]
    raise validation_error(
        "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string "
        "as first argument, and an optional second argument to specify a mapping of values to replace in the string"
    )


def sub_names(text: str) -> list[str]:
    """The names in a Fn::Sub's text, literals (`${!Name}`) left out."""
    return [name.strip() for literal, name in _SUB.findall(text) if not literal]


def _sub(argument: Any, scope: Scope) -> Any:
    text, variables = sub_parts(argument)
    values: dict[str, Any] = {}
    for name in sub_names(text):
        if name in variables:
            values[name] = evaluate(variables[name], scope)
        else:
            values[name] = _get_att(name, scope) if "." in name else _ref(name, scope)
        if isinstance(values[name], list | dict):
            raise validation_error("Template error: every Fn::Sub variable must be a string")
    # only now: every resource that is named has to be seen, as this one will have to wait for each of them
    unknown = next((value for value in values.values() if isinstance(value, Unknown)), None)
    if unknown is not None:
        return unknown

    def put(found: re.Match[str]) -> str:
        return f"${{{found[2]}}}" if found[1] else str(text_of(values[found[2].strip()]))

    return _SUB.sub(put, text)


_JOIN = (
    "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of "
    "strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."
)


def _join(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) != 2 or not isinstance(argument[0], str):
        raise validation_error(_JOIN)
    items = evaluate(argument[1], scope)
    if isinstance(items, Unknown):
        return items
    if not isinstance(items, list):
        raise validation_error(_JOIN)
    unknown = next((item for item in items if isinstance(item, Unknown)), None)
    return unknown or argument[0].join(str(text_of(item)) for item in items)


def _select(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) != 2:
        raise validation_error(
            "Template error: Fn::Select requires a list argument with two elements: an index, a list"
        )
    index, items = evaluate(argument[0], scope), evaluate(argument[1], scope)
    if isinstance(items, Unknown):
        return items
    try:
        return items[int(index)] if int(index) >= 0 else items[len(items)]
    except (IndexError, ValueError, TypeError) as error:
        raise validation_error(
            f"Template error: Fn::Select cannot select nonexistent value at index {index}"
        ) from error


def _split(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) != 2 or not isinstance(argument[0], str):
        raise validation_error(
            "Template error: every Fn::Split object requires two parameters, a delimiter and a string"
        )
    text = evaluate(argument[1], scope)
    return text if isinstance(text, Unknown) else str(text).split(argument[0])


def _if(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) != 3:
        raise validation_error("Template error: Fn::If requires a list argument with three elements")
    if argument[0] not in scope.conditions:
        raise validation_error(f"Template error: unresolved condition dependency {argument[0]} in Fn::If")
    return evaluate(argument[1] if condition(argument[0], scope) else argument[2], scope)


def _find_in_map(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) != 3:
        raise validation_error("Template error: every Fn::FindInMap object requires three parameters")
    found: Any = scope.mappings
    keys = [evaluate(item, scope) for item in argument]
    for key in keys:
        if not isinstance(found, dict | Mapping) or key not in found:
            raise validation_error(f"Template error: Unable to get mapping for {'::'.join(map(str, keys))}")
        found = found[key]
    return found


def _base64(argument: Any, scope: Scope) -> Any:
    text = evaluate(argument, scope)
    return text if isinstance(text, Unknown) else base64.b64encode(str(text).encode()).decode()


def _get_azs(argument: Any, scope: Scope) -> Any:
    region = evaluate(argument, scope) or scope.pseudo["AWS::Region"]
    return [f"{region}{zone}" for zone in "abc"]


def _cidr(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) not in (2, 3):
        raise validation_error("Template error: Fn::Cidr requires a list argument: an IP block, a count, cidr bits")
    block, count, *bits = (evaluate(item, scope) for item in argument)
    if isinstance(block, Unknown):
        return block
    from ipaddress import ip_network  # noqa: PLC0415 - seldom asked for

    try:
        network, wanted = ip_network(block), int(count)
        prefix = network.max_prefixlen - int(bits[0] if bits else _CIDR_BITS)
        found = [str(one) for one in islice(network.subnets(new_prefix=prefix), min(wanted, _MAX_CIDRS))]
    except (ValueError, TypeError) as error:
        raise validation_error(f"Template error: Fn::Cidr cannot divide {block}: {error}") from error
    if len(found) != wanted or not found:
        raise validation_error(f"Template error: Fn::Cidr cannot make {count} blocks of {block}")
    return found


def _import_value(argument: Any, scope: Scope) -> Any:
    name = evaluate(argument, scope)
    if name not in scope.exports:
        if scope.exports_may_come:
            return Unknown("")
        raise validation_error(f"No export named {name} found.")
    scope.imported.add(name)
    return scope.exports[name]


def _as_condition(name: str) -> Callable[[Any, Scope], Any]:
    return lambda argument, scope: evaluate_condition({name: argument}, scope)


_FUNCTIONS: dict[str, Callable[[Any, Scope], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::If": _if,
    "Fn::FindInMap": _find_in_map,
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::GetAZs": _get_azs,
    "Fn::ImportValue": _import_value,
    **{name: _as_condition(name) for name in CONDITION_FUNCTIONS if name != "Condition"},
}
