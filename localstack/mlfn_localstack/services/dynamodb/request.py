"""The expression parameters of a request, parsed, resolved and checked together."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.dynamodb.errors import validation
from mlfn_localstack.services.dynamodb.expressions.parse import parse_condition, parse_projection, parse_update
from mlfn_localstack.services.dynamodb.expressions.resolve import Resolver
from mlfn_localstack.services.dynamodb.expressions.tokens import ExpressionError
from mlfn_localstack.services.dynamodb.legacy import read as legacy
from mlfn_localstack.services.dynamodb.values import check_item, check_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlfn_localstack.service import Params
    from mlfn_localstack.services.dynamodb.expressions.syntax import Action, Condition, Path
    from mlfn_localstack.services.dynamodb.values import Value

_EXPRESSIONS = (
    "UpdateExpression",
    "ConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
    "KeyConditionExpression",
)
_LISTED = (*_EXPRESSIONS[:2], "ProjectionExpression", "FilterExpression", "KeyConditionExpression")
"""The order in which they are named; the other is the one in which they are read."""
_NAME_KEY = re.compile(r"#[A-Za-z0-9_]+")
_VALUE_KEY = re.compile(r":[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expressions:
    """What a request's expressions say; None for those it has not."""

    update: tuple[Action, ...] | None = None
    condition: Condition | None = None
    filter: Condition | None = None
    projection: tuple[Path, ...] | None = None
    key_condition: Condition | None = None


_NONE = Expressions()
_PARAMETERS = frozenset((*_EXPRESSIONS, *legacy.PARAMETERS, "ExpressionAttributeNames", "ExpressionAttributeValues"))


def resolve(params: Params, with_values: Sequence[str] = (), first: str = "") -> Expressions:
    """A request's expressions; `with_values` are the operation's parameters that may use `:values`.

    If something is wrong with them, values of the item or key that `first` names are told of first.

    Raises:
        ServiceError: ValidationException, as DynamoDB words it.
    """
    if _PARAMETERS.isdisjoint(params):
        return _NONE
    try:
        return _resolved(params, with_values)
    except ServiceError:
        if isinstance(params.get(first), dict):
            check_item(params[first])
        raise


def _resolved(params: Params, with_values: Sequence[str]) -> Expressions:
    given = [name for name in _EXPRESSIONS if params.get(name) is not None]
    older = _legacy(params, given)
    names, values = params.get("ExpressionAttributeNames"), params.get("ExpressionAttributeValues")
    if not given and names is None and values is None:
        return Expressions(**legacy.read(params)) if older else _NONE
    resolver = Resolver(_names(names, given), _values(values, with_values, params), values or {})
    found = {name: _within(name, resolver, params[name]) for name in given}
    _check_used("ExpressionAttributeNames", names or {}, resolver.used_names)
    _check_used("ExpressionAttributeValues", values or {}, resolver.used_values)
    expressions = Expressions(
        update=found.get("UpdateExpression"),
        condition=found.get("ConditionExpression"),
        filter=found.get("FilterExpression"),
        projection=found.get("ProjectionExpression"),
        key_condition=found.get("KeyConditionExpression"),
    )
    return replace(expressions, **legacy.read(params)) if older else expressions


def _within(parameter: str, resolver: Resolver, text: str) -> Any:
    try:
        return _RESOLVE[parameter](resolver, text)
    except ExpressionError as error:
        raise error.within(parameter) from None


_RESOLVE: dict[str, Callable[[Resolver, str], Any]] = {
    "UpdateExpression": lambda resolver, text: resolver.update(parse_update(text)),
    "ConditionExpression": lambda resolver, text: resolver.condition(parse_condition(text)),
    "FilterExpression": lambda resolver, text: resolver.condition(parse_condition(text)),
    "ProjectionExpression": lambda resolver, text: resolver.projection(parse_projection(text)),
    "KeyConditionExpression": lambda resolver, text: resolver.condition(parse_condition(text)),
}


def _legacy(params: Params, given: Sequence[str]) -> bool:
    """Whether there are legacy parameters; beside expressions only KeyConditions may stand."""
    found = [name for name in legacy.PARAMETERS if params.get(name) is not None]
    refused = [name for name in found if name != "KeyConditions" or "KeyConditionExpression" in given]
    if given and refused:
        what = "Can not use both expression and non-expression parameters in the same request"
        beside = [name for name in _LISTED if name in given]
        listed = f"Non-expression parameters: {{{', '.join(refused)}}} Expression parameters: {{{', '.join(beside)}}}"
        raise validation(f"{what}: {listed}")
    return bool(found)


def _names(names: Any, given: Sequence[str]) -> Mapping[str, str]:
    if names is None:
        return {}
    if not given:
        raise validation("ExpressionAttributeNames can only be specified when using expressions")
    if not names:
        raise validation("ExpressionAttributeNames must not be empty")
    for key, name in names.items():
        if not _NAME_KEY.fullmatch(key):
            raise _malformed("ExpressionAttributeNames", key)
        if not name:
            raise validation(f"ExpressionAttributeNames contains invalid value: Empty attribute name for key {key}")
    checked: Mapping[str, str] = names
    return checked


def _values(values: Any, with_values: Sequence[str], params: Params) -> dict[str, Value]:
    if values is None:
        return {}
    if not any(params.get(name) is not None for name in with_values):
        missing = f"{' and '.join(with_values)} {'are' if len(with_values) > 1 else 'is'} null"
        raise validation(f"ExpressionAttributeValues can only be specified when using expressions: {missing}")
    if not values:
        raise validation("ExpressionAttributeValues must not be empty")
    for key in values:
        if not _VALUE_KEY.fullmatch(key):
            raise _malformed("ExpressionAttributeValues", key)
    return {key: _value(key, value) for key, value in values.items()}


def _malformed(parameter: str, key: str) -> ServiceError:
    detail = f'Syntax error; key: "{key}"' if key else "The expression attribute map contains an empty key;"
    return validation(f"{parameter} contains invalid key: {detail}")


def _value(key: str, value: Any) -> Value:
    try:
        return check_value(value)[0]
    except ServiceError as error:
        if error.code != "ValidationException":
            raise
        what = "ExpressionAttributeValues contains invalid value"
        raise validation(f"{what}: {error.message} for key {key}") from None


def _check_used(parameter: str, given: Mapping[str, Any], used: set[str]) -> None:
    unused = [key for key in given if key not in used]
    if unused:
        raise validation(f"Value provided in {parameter} unused in expressions: keys: {{{', '.join(unused)}}}")
