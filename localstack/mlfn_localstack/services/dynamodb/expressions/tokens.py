"""Expressions cut into tokens, and the syntax error that names one of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, Protocol

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOKEN = re.compile(
    r"(?P<name>[A-Za-z][A-Za-z0-9_]*)|(?P<alias>#[A-Za-z0-9_]+)|(?P<value>:[A-Za-z0-9_]+)|(?P<index>[0-9]+)"
    r"|(?P<operator><>|<=|>=|[=<>()\[\],.+-])|(?P<other>\S)"
)
KEYWORDS = frozenset(("AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE"))


class ExpressionError(ServiceError):
    """An expression that cannot be: says which parameter it came in."""

    def __init__(self, detail: str) -> None:
        super().__init__("ValidationException", detail)
        self.detail = detail

    def within(self, parameter: str) -> ServiceError:
        """The same, naming the request's parameter."""
        return ServiceError("ValidationException", f"Invalid {parameter}: {self.detail}")


class Word(Protocol):
    """A token of any language."""

    @property
    def kind(self) -> str:
        """What it is."""

    @property
    def text(self) -> str:
        """How it is written."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it stands; a keyword's kind is itself in capitals."""

    kind: str
    text: str
    start: int
    end: int


def tokenise(text: str) -> list[Token]:
    """All tokens, with an `end` token last."""
    tokens = []
    for match in _TOKEN.finditer(text):
        kind, part = match.lastgroup or "", match[0]
        if kind == "operator":
            kind = part
        elif kind == "name" and part.upper() in KEYWORDS:
            kind = part.upper()
        tokens.append(Token(kind, part, match.start(), match.end()))
    return [*tokens, Token("end", "<EOF>", tokens[-1].end if tokens else 0, len(text))]


class Tokens:
    """Tokens left behind one by one."""

    def __init__(self, tokens: Sequence[Word]) -> None:
        self._tokens = tokens
        self._position = 0

    @property
    def kind(self) -> str:
        """The kind of the next token."""
        return self._tokens[self._position].kind

    @property
    def following(self) -> str:
        """The kind of the token after the next."""
        return self._tokens[min(self._position + 1, len(self._tokens) - 1)].kind

    def take(self) -> str:
        """The text of the next token, which is left behind."""
        token = self._tokens[self._position]
        self._position += 1
        return token.text


class Reader(Tokens):
    """An expression's tokens read one by one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._placed = tokenise(text)
        super().__init__(self._placed)

    def count(self, kind: str) -> int:
        """How many tokens of a kind there are."""
        return sum(token.kind == kind for token in self._tokens)

    def depth(self) -> int:
        """How deep parentheses are nested."""
        deepest = depth = 0
        for token in self._tokens:
            depth += (token.kind == "(") - (token.kind == ")")
            deepest = max(deepest, depth)
        return deepest

    def encloses(self) -> bool:
        """Whether the parenthesis that opens next closes right before another closes."""
        depth = 0
        for at in range(self._position, len(self._tokens)):
            kind = self._placed[at].kind
            depth += (kind == "(") - (kind == ")")
            if depth == 0:
                return kind == ")" and self._tokens[at + 1].kind == ")"
        return False

    def accept(self, *kinds: str) -> bool:
        """Leave the next token behind if it is one of these."""
        if self.kind in kinds:
            self._position += 1
            return True
        return False

    def expect(self, *kinds: str) -> str:
        """The text of the next token, which must be one of these."""
        if self.kind not in kinds:
            self.fail()
        return self.take()

    def fail(self) -> NoReturn:
        """Refuse the next token, shown between its neighbours."""
        at = self._position
        token = self._placed[at]
        first = self._placed[max(at - 1, 0)]
        last = self._placed[min(at + 1, len(self._placed) - 1)]
        near = self._text[first.start : last.end]
        raise ExpressionError(f'Syntax error; token: "{token.text}", near: "{near}"')
