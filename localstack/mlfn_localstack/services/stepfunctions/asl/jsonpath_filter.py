"""Filter expressions of JSONPath: `@.price < 10 && @.name == 'x'`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any, Protocol

from mlfn_localstack.client_regexes import Regex
from mlfn_localstack.services.stepfunctions.asl.failure import PathError

Filter = Callable[[Any], bool]
_Operand = Callable[[Any], Any]

_MISSING = object()
_TOKEN = re.compile(
    r"\s*(?:(?P<op>&&|\|\||==|!=|<=|>=|=~|<|>|!|\(|\)|\bin\b|\bnin\b)"
    r"|(?P<string>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<word>true|false|null)\b"
    r"|(?P<regex>/(?:[^/\\]|\\.)*/i?)"
    r"|(?P<list>\[[^\]]*\])"
    r"|(?P<path>[@$](?:\.[^.\[\]()\s=!<>&|,]+|\[[^\]]*\])*))"
)
_WORDS = {"true": True, "false": False, "null": None}
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class _Readable(Protocol):
    def read(self, value: Any) -> Any: ...


_Compile = Callable[[str], _Readable]


def parse_filter(text: str, compile_path: _Compile) -> Filter:
    """The test that the inside of `?( … )` makes on a node.

    Raises:
        ValueError: it is not a filter expression.
    """
    parser = _Parser(_tokens(text), compile_path)
    test = parser.disjunction()
    parser.finish()
    return test


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    text = text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise ValueError(f"unexpected {text[position:]!r}")
        tokens.append((match.lastgroup, match.group(match.lastgroup)))
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], compile_path: _Compile) -> None:
        self._tokens = tokens
        self._compile = compile_path
        self._position = 0

    def finish(self) -> None:
        if self._position != len(self._tokens):
            raise ValueError(f"unexpected {self._tokens[self._position][1]!r}")

    def _peek(self) -> str:
        return self._tokens[self._position][1] if self._position < len(self._tokens) else ""

    def _take(self) -> tuple[str, str]:
        if self._position >= len(self._tokens):
            raise ValueError("unexpected end")
        self._position += 1
        return self._tokens[self._position - 1]

    def disjunction(self) -> Filter:
        left = self._conjunction()
        while self._peek() == "||":
            self._take()
            left = _either(left, self._conjunction())
        return left

    def _conjunction(self) -> Filter:
        left = self._unary()
        while self._peek() == "&&":
            self._take()
            left = _both(left, self._unary())
        return left

    def _unary(self) -> Filter:
        if self._peek() == "!":
            self._take()
            inner = self._unary()
            return lambda node: not inner(node)
        if self._peek() == "(":
            self._take()
            inner = self.disjunction()
            if self._take()[1] != ")":
                raise ValueError("expected ')'")
            return inner
        return self._comparison()

    def _comparison(self) -> Filter:
        left = self._operand()
        if self._peek() in {"", "&&", "||", ")"}:
            return lambda node: left(node) is not _MISSING
        kind, symbol = self._take()
        if kind != "op":
            raise ValueError(f"expected an operator, got {symbol!r}")
        return _compare(symbol, left, self._operand())

    def _operand(self) -> _Operand:
        kind, text = self._take()
        match kind:
            case "path":
                return self._path(text)
            case "regex":
                flags = re.IGNORECASE if text.endswith("i") else 0
                return _constant(Regex(re.compile(text.strip("i")[1:-1], flags)))
            case "list":
                items = [_literal(*token) for token in _tokens(text[1:-1].replace(",", " "))]
                return _constant(items)
            case _:
                return _constant(_literal(kind, text))

    def _path(self, text: str) -> _Operand:
        path = self._compile("$" + text[1:])

        def read(node: Any) -> Any:
            try:
                return path.read(node)
            except PathError:
                return _MISSING

        return read


def _literal(kind: str, text: str) -> Any:
    if kind == "string":
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    if kind == "number":
        return float(text) if re.search(r"[.eE]", text) else int(text)
    if kind == "word":
        return _WORDS[text]
    raise ValueError(f"unexpected {text!r}")


def _constant(value: Any) -> _Operand:
    return lambda _node: value


def _either(left: Filter, right: Filter) -> Filter:
    return lambda node: left(node) or right(node)


def _both(left: Filter, right: Filter) -> Filter:
    return lambda node: left(node) and right(node)


def _compare(symbol: str, left: _Operand, right: _Operand) -> Filter:
    if symbol in _ORDER:
        order = _ORDER[symbol]
        return lambda node: _comparable(left(node), right(node)) and order(left(node), right(node))
    if symbol == "==":
        return lambda node: _same(left(node), right(node))
    if symbol == "!=":
        return lambda node: not _same(left(node), right(node))
    if symbol == "=~":
        return lambda node: isinstance(left(node), str) and right(node).fits(left(node), re.Pattern.fullmatch)
    if symbol == "in":
        return lambda node: left(node) in (right(node) if isinstance(right(node), list) else [])
    if symbol == "nin":
        return lambda node: left(node) not in (right(node) if isinstance(right(node), list) else [])
    raise ValueError(f"unexpected {symbol!r}")


def _same(left: Any, right: Any) -> bool:
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _comparable(left: Any, right: Any) -> bool:
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (left, right))
    return numbers or (isinstance(left, str) and isinstance(right, str))
