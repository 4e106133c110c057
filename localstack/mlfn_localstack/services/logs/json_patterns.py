"""Conditions on JSON log events: `{ ($.level = "ERROR" || $.code >= 500) && $.user IS NOT NULL }`.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForLogEvents.html
"""

from __future__ import annotations

import json
import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.client_regexes import Regex
from mlfn_localstack.globs import compile_glob

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN = re.compile(
    r"""\s*(?:(?P<selector>\$(?:\.[\w@-]+|\[\d+\]|\[\*\]|\["[^"]+"\])*)
    |(?P<operator>&&|\|\||!=|<=|>=|=|<|>|\(|\)|\{|\})
    |(?P<regex>%[^%]+%)|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s(){}=<>!&|"]+))""",
    re.VERBOSE,
)
_SUPPORTED = re.compile(r"(?:\\.|[A-Za-z0-9:_#=@/;,\s^$?\[\]{}|*+.-])*")
_STEP = re.compile(r'\.([\w@-]+)|\[(\d+|\*)\]|\["([^"]+)"\]')
_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_PLAIN = re.compile(r"[\w .:-]*")
"""Text that stands for itself, in a pattern as in JSON."""
_MISSING = object()
_MAX_TOKENS = 500


class PatternSyntaxError(Exception):
    """A filter pattern that CloudWatch Logs would not take."""


@dataclass(frozen=True, slots=True)
class JsonTest:
    """A condition on a value, and what a message must hold to be worth parsing: most are not."""

    matches: Callable[[Any], bool]
    may_match: Callable[[str], bool]
    """Of JSON text without a backslash: names and values are in it as they are."""


def compile_json_pattern(text: str) -> JsonTest:
    """The test for an event that is JSON.

    Raises:
        PatternSyntaxError: it is not a pattern.
    """
    parser = _Parser(_tokens(text))
    parser.expect("{")
    test = parser.either()
    parser.expect("}")
    if parser.peek() is not None:
        raise PatternSyntaxError("text after the closing brace")
    return test


def json_reader(selector: str) -> Callable[[str], Any]:
    """What reads the value that `$.name` means from an event; None if the event has none.

    Raises:
        PatternSyntaxError: it selects nothing.
    """
    if [kind for kind, _ in _tokens(selector)] != ["selector"]:
        raise PatternSyntaxError("a selector such as $.name expected")
    select = _selector([match[1] or match[3] or match[2] for match in _STEP.finditer(selector)])

    def read(message: str) -> Any:
        try:
            value = select(json.loads(message))
        except (ValueError, RecursionError):
            return None
        return None if value is _MISSING else value

    return read


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position, text = 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None or len(tokens) > _MAX_TOKENS:
            raise PatternSyntaxError(f"cannot read {text[position:]!r}")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return tokens


class _Parser:
    """or := and ('||' and)*; and := primary ('&&' primary)*; primary := '(' or ')' | condition."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def peek(self) -> tuple[str, str] | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def next(self) -> tuple[str, str]:
        token = self.peek()
        if token is None:
            raise PatternSyntaxError("the pattern ends too early")
        self._at += 1
        return token

    def expect(self, symbol: str) -> None:
        if self.next() != ("operator", symbol):
            raise PatternSyntaxError(f"{symbol!r} expected")

    def either(self) -> JsonTest:
        tests = [self.both()]
        while self.peek() == ("operator", "||"):
            self.next()
            tests.append(self.both())
        if len(tests) == 1:
            return tests[0]
        return JsonTest(_any([test.matches for test in tests]), _any([test.may_match for test in tests]))

    def both(self) -> JsonTest:
        tests = [self.primary()]
        while self.peek() == ("operator", "&&"):
            self.next()
            tests.append(self.primary())
        if len(tests) == 1:
            return tests[0]
        return JsonTest(_all([test.matches for test in tests]), _all([test.may_match for test in tests]))

    def primary(self) -> JsonTest:
        if self.peek() == ("operator", "("):
            self.next()
            test = self.either()
            self.expect(")")
            return test
        kind, selector = self.next()
        if kind != "selector":
            raise PatternSyntaxError("a selector such as $.name expected")
        return self.condition([match[1] or match[3] or match[2] for match in _STEP.finditer(selector)])

    def condition(self, steps: list[str]) -> JsonTest:
        select, needed = _selector(steps), [step for step in steps if step != "*" and not step.isdigit()]
        kind, symbol = self.next()
        if kind == "bare" and symbol.upper() in ("IS", "NOT"):
            matches = _state_test(select, symbol.upper(), self.next()[1].upper())
            return JsonTest(matches, _has([] if symbol.upper() == "NOT" else needed))
        if kind != "operator" or symbol not in ("=", "!=", *_ORDER):
            raise PatternSyntaxError(f"{symbol!r} is not a comparison")
        operand = self.next()
        if symbol == "=" and operand[0] == "quoted" and _PLAIN.fullmatch(operand[1]):
            needed.append(operand[1])
        return JsonTest(_comparison(select, symbol, operand), _has(needed))


def _any(tests: list[Callable[[Any], bool]]) -> Callable[[Any], bool]:
    def test(value: Any) -> bool:
        for each in tests:  # noqa: SIM110 - every line of every function comes by here: a generator costs more
            if each(value):
                return True
        return False

    return test


def _all(tests: list[Callable[[Any], bool]]) -> Callable[[Any], bool]:
    def test(value: Any) -> bool:
        for each in tests:  # noqa: SIM110
            if not each(value):
                return False
        return True

    return test


def _has(needed: list[str]) -> Callable[[str], bool]:
    """Whether a message has the longest of what it needs: that tells most."""
    text = max(needed, key=len, default="")
    return lambda message: text in message


def _selector(steps: list[str]) -> Callable[[Any], Any]:
    def select(value: Any) -> Any:
        for step in steps:
            if isinstance(value, dict):
                value = value.get(step, _MISSING)
            elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
                value = value[int(step)]
            elif isinstance(value, list) and step == "*" and value:
                value = value[0]
            else:
                return _MISSING
        return value

    return select


def _state_test(select: Callable[[Any], Any], word: str, state: str) -> Callable[[Any], bool]:
    match (word, state):
        case ("IS", "TRUE"):
            return lambda value: select(value) is True
        case ("IS", "FALSE"):
            return lambda value: select(value) is False
        case ("IS", "NULL"):
            return lambda value: select(value) is None
        case ("NOT", "EXISTS"):
            return lambda value: select(value) is _MISSING
        case _:
            raise PatternSyntaxError(f"{word} {state} is not a condition")


def _comparison(select: Callable[[Any], Any], symbol: str, operand: tuple[str, str]) -> Callable[[Any], bool]:
    kind, text = operand
    if kind == "regex":
        equal = _regex_test(text[1:-1])
    elif kind == "bare" and _number(text) is not None:
        wanted = _number(text) or 0.0
        if symbol in _ORDER:
            compare = _ORDER[symbol]
            return lambda value: _is_number(select(value)) and compare(select(value), wanted)
        equal = _number_test(wanted)
    elif kind in ("quoted", "bare"):
        equal = _text_test(text)
    else:
        raise PatternSyntaxError(f"{text!r} is not a value")
    if symbol in _ORDER:
        raise PatternSyntaxError(f"{symbol} takes a number")
    if symbol == "=":
        return lambda value: equal(select(value))
    return lambda value: select(value) is not _MISSING and not equal(select(value))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number_test(wanted: float) -> Callable[[Any], bool]:
    return lambda value: _is_number(value) and value == wanted


def compile_regex(pattern: str) -> Callable[[str], bool]:
    """The test of a text by the regular expression between two percent signs, without parentheses, as in AWS.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html

    Raises:
        PatternSyntaxError: it is none, or has what CloudWatch Logs does not support.
    """
    if not _SUPPORTED.fullmatch(pattern):
        raise PatternSyntaxError(f"%{pattern}% has characters or operators that are not supported")
    try:
        regex = Regex(re.compile(pattern))
    except re.error as error:
        raise PatternSyntaxError(f"%{pattern}% is not a regular expression") from error
    return lambda text: regex.fits(text, re.Pattern.search)


def _regex_test(pattern: str) -> Callable[[Any], bool]:
    found = compile_regex(pattern)
    return lambda value: isinstance(value, str) and found(value)


def _text_test(text: str) -> Callable[[Any], bool]:
    pattern = compile_glob(text, question_mark=False)
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None
