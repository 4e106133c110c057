"""Read the options of a mark: each is taken out checked, and what is wrong with it is noted."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from mlfn_engine.declarations.problems import Problem

if TYPE_CHECKING:
    from enum import StrEnum

    from mlfn_engine.values import Location

E = TypeVar("E", bound="StrEnum")

EVALUATED = ("${", "{{", "{%")
"""What CloudFormation or a state machine would evaluate; refused in user text."""


@dataclass(slots=True, kw_only=True)
class Notebook:
    """Collects what is wrong with one declaration."""

    location: Location
    problems: list[Problem] = field(default_factory=list)

    def note(self, sentence: str, next_step: str, *, location: Location | None = None) -> None:
        """Take down a mistake, at the declaration unless it is elsewhere."""
        self.problems.append(Problem(location=location or self.location, sentence=sentence, next_step=next_step))


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of one mark; each method takes out one, or its default if it is wrong (and noted)."""

    subject: str
    """Such as `Model 'sentiment'`."""
    given: Mapping[str, Any]
    notebook: Notebook

    def refuse_unknown(self, known: Sequence[str]) -> None:
        """Note every option that does not exist."""
        for name in self.given:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
                step = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(sorted(known))}."
                self.notebook.note(f"{self.subject} has an unknown option {name!r}.", step)

    def integer(self, name: str, default: int | None, low: int, high: int) -> int | None:
        """A whole number from `low` to `high`."""
        value = self.given.get(name)
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self._wrong(name, f"Write a whole number from {low} to {high}.")
        return default

    def choice(self, name: str, default: E) -> E:
        """A member of the default's vocabulary."""
        members = [str(each) for each in type(default)]
        value = self.given.get(name, default)
        if value in members:
            return type(default)(value)
        self._wrong(name, f"Write {' or '.join(repr(each) for each in members)}.")
        return default

    def flag(self, name: str) -> bool:
        """True or False; False if it is not given."""
        value = self.given.get(name, False)
        if not isinstance(value, bool):
            self._wrong(name, "Write True or False.")
        return value is True

    def text(self, name: str, default: str) -> str:
        """Text that nothing downstream evaluates."""
        value = self.given.get(name, default)
        if not isinstance(value, str):
            self._wrong(name, "Write a string.")
            return default
        for mark in EVALUATED:
            if mark in value:
                step = f"Remove {mark!r}: CloudFormation would evaluate it."
                self.notebook.note(f"{self.subject} has {mark!r} in its {name}.", step)
        return value

    def texts(self, name: str, example: str) -> tuple[str, ...]:
        """A list of non-empty strings, without repetitions."""
        value = self.given.get(name)
        if value is None:
            return ()
        listed = isinstance(value, Sequence) and not isinstance(value, (str, bytes))
        if listed and all(isinstance(each, str) and each for each in value):
            return tuple(dict.fromkeys(value))
        self._wrong(name, f"Write a list of strings, such as {name}=[{example!r}].")
        return ()

    def function(self, name: str) -> Callable[..., Any] | None:
        """A callable."""
        value = self.given.get(name)
        if value is None or callable(value):
            return value
        self._wrong(name, "Write the function itself, without calling it.")
        return None

    def _wrong(self, name: str, next_step: str) -> None:
        self.notebook.note(f"{self.subject} has {name}={self.given[name]!r}.", next_step)
