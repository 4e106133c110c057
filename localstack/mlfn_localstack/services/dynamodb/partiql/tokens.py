"""Statements cut into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_localstack.services.dynamodb.errors import validation
from mlfn_localstack.services.dynamodb.expressions.tokens import Tokens

if TYPE_CHECKING:
    from mlfn_localstack.service import ServiceError

MALFORMED = "Statement wasn't well formed, can't be processed: "
_TOKEN = re.compile(
    r"(?P<space>\s+|--[^\n]*|/\*.*?\*/)"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<word>[A-Za-z_$][A-Za-z0-9_$]*)"
    r'|"(?P<quoted>(?:[^"]|"")*)"'
    r"|'(?P<text>(?:[^']|'')*)'"
    r"|(?P<operator><<|>>|<>|!=|<=|>=|[=<>()\[\]{},.:?*+;-])",
    re.DOTALL,
)
_KEYWORDS = frozenset(
    (
        *(
            "SELECT",
            "FROM",
            "WHERE",
            "ORDER",
            "BY",
            "ASC",
            "DESC",
            "INSERT",
            "INTO",
            "VALUE",
            "UPDATE",
            "SET",
            "REMOVE",
        ),
        *("DELETE", "RETURNING", "AND", "OR", "NOT", "IN", "BETWEEN", "IS", "MISSING", "NULL", "TRUE", "FALSE", "AS"),
        *("LIMIT", "EXISTS", "GROUP", "HAVING"),
    )
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token; a keyword's kind is itself in capitals, an operator's is itself."""

    kind: str
    text: str


def malformed(detail: str = "") -> ServiceError:
    """A statement that cannot be read."""
    return validation(f"{MALFORMED}{detail}")


def tokenise(text: str) -> list[Token]:
    """All tokens, with an `end` token last."""
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise malformed()
        at = match.end()
        if match.lastgroup != "space":
            tokens.append(_token(match.lastgroup or "", match))
    return [*tokens, Token("end", "")]


def _token(kind: str, match: re.Match[str]) -> Token:
    text = match[kind]
    match kind:
        case "word":
            return Token(text.upper() if text.upper() in _KEYWORDS else "name", text)
        case "quoted":
            return Token("name", text.replace('""', '"'))
        case "text":
            return Token("text", text.replace("''", "'"))
        case "operator":
            return Token("<>" if text == "!=" else text, text)
        case _:
            return Token(kind, text)


class Reader(Tokens):
    """A statement's tokens read one by one."""

    def __init__(self, text: str) -> None:
        super().__init__(tokenise(text))

    def accept(self, *kinds: str) -> bool:
        """Leave the next tokens behind if they are these, one after the other."""
        found = [token.kind for token in self._tokens[self._position : self._position + len(kinds)]]
        if found != list(kinds):
            return False
        self._position += len(kinds)
        return True

    def expect(self, *kinds: str) -> str:
        """The text of the next token, which must be one of these."""
        if self.kind not in kinds:
            raise malformed(f"Unexpected {'end of statement' if self.kind == 'end' else 'token'}")
        return self.take()
