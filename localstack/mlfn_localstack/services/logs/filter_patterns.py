"""CloudWatch Logs filter patterns: terms in unstructured text, conditions on JSON, and on space-delimited fields.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from mlfn_localstack.services.logs.json_patterns import PatternSyntaxError, compile_json_pattern, compile_regex
from mlfn_localstack.services.logs.space_patterns import compile_space_pattern

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.services.logs.json_patterns import JsonTest

__all__ = ["PatternSyntaxError", "compile_pattern"]

_TERM = re.compile(r'\s*(?P<sign>[-?]?)(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|%(?P<regex>[^%]+)%|(?P<bare>[^\s"]+))')


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """The test that a message must pass.

    Raises:
        PatternSyntaxError: it is not a pattern.
    """
    text = pattern.strip()
    if text.startswith("{"):
        return _json_test(compile_json_pattern(text))
    if text.startswith("["):
        return compile_space_pattern(text)
    return _text_test(text)


def _json_test(wanted: JsonTest) -> Callable[[str], bool]:
    def test(message: str) -> bool:
        if "\\" not in message and not wanted.may_match(message):
            return False
        try:
            value = json.loads(message)
        except (ValueError, RecursionError):
            return False
        return isinstance(value, dict) and wanted.matches(value)

    return test


def _text_test(text: str) -> Callable[[str], bool]:
    every: list[Callable[[str], bool]] = []
    some: list[Callable[[str], bool]] = []
    none: list[Callable[[str], bool]] = []
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise PatternSyntaxError(f"cannot read {text[position:]!r}")
        {"": every, "?": some, "-": none}[match["sign"]].append(_term(match))
        position = match.end()
    if some and every:  # CloudWatch ignores ?terms beside terms that must be there
        some = []

    def test(message: str) -> bool:
        return (
            all(term(message) for term in every)
            and (not some or any(term(message) for term in some))
            and not any(term(message) for term in none)
        )

    return test


def _term(match: re.Match[str]) -> Callable[[str], bool]:
    if match["regex"] is not None:
        return compile_regex(match["regex"])
    wanted = match["bare"] if match["quoted"] is None else re.sub(r"\\(.)", r"\1", match["quoted"])
    return lambda message: wanted in message
