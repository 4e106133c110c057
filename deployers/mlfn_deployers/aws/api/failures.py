"""Known failures: from what AWS says to why it is so, and to the command that goes on from there."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failure that is known."""

    name: str
    says: str
    because: str
    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A failure that was met, with the command for this very case."""

    name: str
    because: str
    run: str


@cache
def failures() -> tuple[Failure, ...]:
    """The table, `failures.toml` beside this file."""
    text = files(__package__).joinpath("failures.toml").read_text(encoding="utf-8")
    return tuple(Failure(**each) for each in tomllib.loads(text)["failure"])


def known(text: str, *, stack: str = "STACK", region: str = "REGION", subject: str = "NAME") -> Known | None:
    """The failure that a text tells of, if it is a known one."""
    for failure in failures():
        if found := re.search(failure.says, text):
            named = {key: value for key, value in found.groupdict().items() if value}
            command = failure.run.format_map({"stack": stack, "region": region, "subject": subject} | named)
            return Known(name=failure.name, because=failure.because, run=command)
    return None


def in_words(text: str, otherwise: str, *, stack: str = "STACK", region: str = "REGION") -> tuple[str, str]:
    """What AWS says with its cause, and the next step; of what is not known, the text and `otherwise`."""
    found = known(text, stack=stack, region=region)
    if found is None:
        return text, otherwise
    return f"{text.rstrip('.')} ({found.because}).", f"Run: {found.run}"
