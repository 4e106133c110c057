"""Unique readable names for states and workflow variables."""

from __future__ import annotations

import re

STATE_NAME_LIMIT = 80
"""https://docs.aws.amazon.com/step-functions/latest/dg/concepts-states.html"""

# A variable of the same name would hide the function inside expressions.
# https://docs.jsonata.org/string-functions and its neighbours;
# https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
# fmt: off
_FUNCTIONS = frozenset(
    {
        "abs", "append", "assert", "average", "base64decode", "base64encode", "boolean", "ceil", "clone",
        "contains", "count", "decodeUrl", "decodeUrlComponent", "distinct", "each", "encodeUrl",
        "encodeUrlComponent", "error", "eval", "exists", "filter", "floor", "formatBase", "formatInteger",
        "formatNumber", "fromMillis", "hash", "join", "keys", "length", "lookup", "lowercase", "map", "match",
        "max", "merge", "millis", "min", "not", "now", "number", "pad", "parse", "parseInteger", "partition",
        "power", "random", "range", "reduce", "replace", "reverse", "round", "shuffle", "sift", "single", "sort",
        "split", "spread", "sqrt", "string", "substring", "substringAfter", "substringBefore", "sum", "toMillis",
        "trim", "type", "uppercase", "uuid", "zip"
    }
)
# fmt: on
_OWN = frozenset({"states", "input", "input_record", "caller", "json"})


class Names:
    """Hands out each name once."""

    def __init__(self) -> None:
        self._states: set[str] = {"Input"}
        self._variables: set[str] = set(_FUNCTIONS | _OWN)

    def state(self, wanted: str) -> str:
        """A state's name: the one wanted, or that with a number."""
        plain = re.sub(r"[^\w .,()\[\]'=<>+-]", "", wanted)[: STATE_NAME_LIMIT - 6].strip() or "Step"
        name, number = plain, 1
        while name in self._states:
            number += 1
            name = f"{plain} ({number})"
        self._states.add(name)
        return name

    def variable(self, wanted: str) -> str:
        """A variable's name, with room for `_record` behind it."""
        plain = re.sub(r"[^A-Za-z0-9_]", "", wanted).lstrip("_0123456789")[:60] or "value"
        name, number = plain, 1
        while {name, f"{name}_record"} & self._variables:
            number += 1
            name = f"{plain}_{number}"
        self._variables |= {name, f"{name}_record"}
        return name
