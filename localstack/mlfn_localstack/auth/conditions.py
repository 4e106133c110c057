"""Condition blocks of IAM policies.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import ipaddress
import operator
from typing import TYPE_CHECKING

from mlfn_localstack.globs import compile_glob
from mlfn_localstack.protocols.timestamps import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def like(value: str, pattern: str) -> bool:
    """True if `value` fits an IAM pattern."""
    return bool(compile_glob(pattern).fullmatch(value))


def _arn_like(value: str, pattern: str) -> bool:
    """Each of the six parts by itself, so that `*` does not reach over a colon (except in the last)."""
    found, wanted = value.split(":", 5), pattern.split(":", 5)
    return len(found) == len(wanted) == 6 and all(map(like, found, wanted))


def _ip(value: str, pattern: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return False


def _numeric(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def check(value: str, wanted: str) -> bool:
        try:
            return compare(float(value), float(wanted))
        except ValueError:
            return False

    return check


def _date(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def check(value: str, wanted: str) -> bool:
        try:
            return compare(parse_timestamp(value).timestamp(), parse_timestamp(wanted).timestamp())
        except ValueError:
            return False

    return check


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
_POSITIVE: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
    "BinaryEquals": lambda value, wanted: value == wanted,
    "IpAddress": _ip,
    **{f"Numeric{name}": _numeric(compare) for name, compare in _COMPARISONS.items()},
    **{f"Date{name}": _date(compare) for name, compare in _COMPARISONS.items()},
}
_NEGATIVE = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}


def is_operator(name: str) -> bool:
    """True if IAM has this condition operator."""
    bare = name.rpartition(":")[2].removesuffix("IfExists")
    return bare in _POSITIVE or bare in _NEGATIVE or bare == "Null"


def holds(name: str, key: str, wanted: tuple[str, ...], context: Mapping[str, tuple[str, ...]]) -> bool:
    """True if the request's values of a condition key satisfy the operator of that name."""
    quantifier, _, rest = name.rpartition(":")
    bare = rest.removesuffix("IfExists")
    values = context.get(key.lower(), ())
    negated = bare in _NEGATIVE
    if bare == "Null":
        return all((not values) == (text.lower() == "true") for text in wanted)
    if not values:
        return rest != bare or quantifier == "ForAllValues" or (negated and quantifier != "ForAnyValue")
    matches = _POSITIVE[_NEGATIVE.get(bare, bare)]
    fitting = [any(matches(value, text) for text in wanted) != negated for value in values]
    every = quantifier == "ForAllValues" or (negated and not quantifier)
    return all(fitting) if every else any(fitting)
