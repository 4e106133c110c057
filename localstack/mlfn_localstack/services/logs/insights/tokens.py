"""A query's text, read piece by piece."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

_SPACE = re.compile(r"(?:\s+|#[^\n]*)+")
_TOKEN = re.compile(
    r"""(?P<duration>\d+(?:ms|[smhdw])\b)|(?P<number>\d+(?:\.\d+)?)
    |(?P<name>[@A-Za-z_][\w@.]*)|`(?P<quoted_name>[^`]+)`
    |"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'
    |(?P<symbol>=~|!=|<=|>=|[|,()\[\]=<>+\-*/%^])""",
    re.VERBOSE,
)
_REGEX = re.compile(r"/(?P<body>(?:[^/\\\n]|\\.)+)/")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class QueryError(Exception):
    """Something that is no query, and where it begins to be none."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.start = start
        self.end = end


class Kind(StrEnum):
    """What a piece is."""

    END = "end of input"
    NAME = "name"
    NUMBER = "number"
    DURATION = "duration"
    TEXT = "text"
    SYMBOL = "symbol"


class Token(NamedTuple):
    """One piece, and where it stands."""

    kind: Kind
    text: str
    start: int
    end: int
    is_quoted: bool = False
    """A name in backticks is no word of the language."""

    @property
    def word(self) -> str:
        """What a command, operator or symbol is called, in lower case; empty for everything else."""
        return self.text.lower() if self.kind in (Kind.NAME, Kind.SYMBOL) and not self.is_quoted else ""


class Tokens:
    """Reads from left to right; whether `/` begins a regular expression is for the reader to know."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.has_regex = False
        """Whether a regular expression was read."""
        self._at = 0

    def peek(self) -> Token:
        """The next piece, which stays."""
        start = self._at
        if (space := _SPACE.match(self.text, start)) is not None:
            start = space.end()
        if start == len(self.text):
            return Token(Kind.END, "", start, start)
        match = _TOKEN.match(self.text, start)
        if match is None:
            raise QueryError(f"unexpected symbol found {self.text[start]} at {_place(self.text, start)}", start, start)
        return _token(match)

    def next(self) -> Token:
        """The next piece, which is taken."""
        token = self.peek()
        self._at = token.end
        return token

    def take(self, *words: str) -> bool:
        """Take these words if they come next."""
        at = self._at
        for word in words:
            if self.peek().word != word:
                self._at = at
                return False
            self.next()
        return True

    def need(self, word: str) -> None:
        """Take a word, or refuse what stands in its place."""
        if not self.take(word):
            raise self.unexpected()

    def regex(self) -> str | None:
        """A regular expression, if one comes next."""
        match = _REGEX.match(self.text, self.peek().start)
        if match is None:
            return None
        self._at = match.end()
        self.has_regex = True
        return match["body"].replace("\\/", "/")

    def since(self, start: int) -> str:
        """The text from a place up to here."""
        return self.text[start : self._at].strip()

    def unexpected(self) -> QueryError:
        """What to raise about the next piece."""
        token = self.peek()
        found = token.text or token.kind.value
        return QueryError(
            f"unexpected symbol found {found} at {_place(self.text, token.start)}", token.start, token.end
        )


def _token(match: re.Match[str]) -> Token:
    kind, text = str(match.lastgroup), match[str(match.lastgroup)]
    start, end = match.span()
    match kind:
        case "double" | "single":
            return Token(Kind.TEXT, _ESCAPED.sub(_unescaped, text), start, end)
        case "quoted_name":
            return Token(Kind.NAME, text, start, end, is_quoted=True)
        case _:
            return Token(Kind(kind), text, start, end)


def _unescaped(match: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t"}.get(match[1], match[1])


def _place(text: str, at: int) -> str:
    line = text.count("\n", 0, at) + 1
    return f"line {line} and position {at - (text.rfind(chr(10), 0, at) + 1) + 1}"
