"""What a composite alarm's rule says: `ALARM(a) AND NOT (OK("b") OR INSUFFICIENT_DATA(c))`.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mlfn_localstack.services.cloudwatch.evaluation import State

Holds = Callable[[Mapping[str, str]], bool]
"""Takes the states of alarms by name."""

_TOKEN = re.compile(r'\s*("[^"]*"|[(),]|[^\s(),"]+)')
_STATES = frozenset(state.value for state in State)
_CONSTANTS = {"TRUE": True, "FALSE": False}
_THRESHOLD = re.compile(r"(\d{1,3})(%?)")
_DEEPEST = 100


class RuleError(Exception):
    """Something that is no rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRule:
    """A rule that was understood."""

    children: tuple[str, ...]
    """The names of the alarms it is about, each once."""
    holds: Holds


def parse_rule(text: str) -> AlarmRule:
    """The meaning of a rule.

    Raises:
        RuleError: it has none.
    """
    parser = _Parser(text)
    holds = parser.alternatives(0)
    parser.end()
    return AlarmRule(children=tuple(dict.fromkeys(parser.children)), holds=holds)


class _Parser:
    """Reads a rule from left to right; NOT binds closer than AND, AND closer than OR."""

    def __init__(self, text: str) -> None:
        self._tokens = [(match[1], match.start(1)) for match in _TOKEN.finditer(text)]
        self._at = 0
        self._length = len(text)
        self.children: list[str] = []

    def alternatives(self, depth: int) -> Holds:
        """One or more parts between which OR stands."""
        parts = [self._together(depth)]
        while self._take("OR"):
            parts.append(self._together(depth))
        return parts[0] if len(parts) == 1 else lambda states: any(part(states) for part in parts)

    def end(self) -> None:
        """Refuse what follows the rule."""
        if self._at < len(self._tokens):
            raise self._unsupported("")

    def _together(self, depth: int) -> Holds:
        parts = [self._one(depth)]
        while self._take("AND"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else lambda states: all(part(states) for part in parts)

    def _one(self, depth: int) -> Holds:
        if depth > _DEEPEST:
            raise RuleError(f"Expressions are nested more than {_DEEPEST} deep")
        if self._take("NOT"):
            part = self._one(depth + 1)
            return lambda states: not part(states)
        if self._take("("):
            inner = self.alternatives(depth + 1)
            self._need(")")
            return inner
        token = self._peek()
        if token in _CONSTANTS:
            self._at += 1
            return lambda _: _CONSTANTS[token]
        if token == "AT_LEAST":  # noqa: S105 - a word of the rule
            return self._at_least()
        return self._in_state()

    def _in_state(self) -> Holds:
        state = self._state()
        self._need("(")
        name = self._name()
        self._need(")")
        return lambda states: states.get(name) == state

    def _at_least(self) -> Holds:
        self._at += 1
        self._need("(")
        threshold = _THRESHOLD.fullmatch(self._peek())
        if threshold is None:
            raise self._unsupported("a number or a percentage")
        self._at += 1
        self._need(",")
        is_negated = self._take("NOT")
        state = self._state()
        self._need(",")
        names = self._names()
        self._need(")")
        least = int(threshold[1])
        if threshold[2]:
            least = math.ceil(least * len(names) / 100)
        return lambda states: sum((states.get(name) == state) is not is_negated for name in names) >= least

    def _names(self) -> list[str]:
        self._need("(")
        names = [self._name()]
        while self._take(","):
            names.append(self._name())
        self._need(")")
        return names

    def _name(self) -> str:
        token = self._peek()
        if token in ("", "(", ")", ","):
            raise self._unsupported("")
        self._at += 1
        name = token.strip('"')
        name = name.partition(":alarm:")[2] if name.startswith("arn:") else name
        self.children.append(name)
        return name

    def _state(self) -> str:
        state = self._peek()
        if state not in _STATES:
            raise self._unsupported("")
        self._at += 1
        return state

    def _peek(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def _take(self, token: str) -> bool:
        if self._peek() != token:
            return False
        self._at += 1
        return True

    def _need(self, token: str) -> None:
        if not self._take(token):
            raise self._unsupported(f"'{token}'")

    def _unsupported(self, needed: str) -> RuleError:
        wanted = f", must be: {needed}" if needed else ""
        if self._at == len(self._tokens):
            return RuleError(f"Unexpected end at char {self._length}{wanted}")
        token, position = self._tokens[self._at]
        return RuleError(f"Unsupported token '{token}' at char {position}{wanted}")
