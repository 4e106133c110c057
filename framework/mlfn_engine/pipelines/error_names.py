"""Exception classes as the error names that a state machine knows."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pydantic

from mlfn.steps import Timeout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ALL = ("States.ALL",)
TIMEOUTS = ("States.Timeout", "Sandbox.Timedout")
"""A step's own time is up, and a function's.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html"""
_KNOWN = (json.JSONDecodeError, pydantic.ValidationError)
"""Classes of libraries that models are likely to let out, and that have a builtin class above them."""


def error_names(classes: Iterable[type[Exception]], root: Path) -> tuple[str, ...]:
    """The names by which `except` of these classes is told: theirs, and those of their subclasses.

    Only subclasses that are there on every machine count: builtin ones, those declared in the project, a few
    more; a state machine knows an error's name, and nothing of its class.
    """
    found: list[str] = []
    for each in classes:
        if each is Exception:
            return ALL
        found += [name for cls in _with_subclasses(each, root) for name in _names(cls)]
    return tuple(dict.fromkeys(found))


def _names(cls: type[Exception]) -> tuple[str, ...]:
    return (*TIMEOUTS, cls.__name__) if cls is Timeout else (cls.__name__,)


def _with_subclasses(cls: type[Exception], root: Path) -> Iterator[type[Exception]]:
    yield cls
    known = [each for each in cls.__subclasses__() if _is_everywhere(each, root)]
    for each in sorted(known, key=lambda each: each.__name__):
        yield from _with_subclasses(each, root)


def _is_everywhere(cls: type[Exception], root: Path) -> bool:
    if cls.__module__ in ("builtins", "mlfn.errors", "mlfn.steps") or cls in _KNOWN:
        return True
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    if file is None:
        return False
    path = Path(file)
    return path.is_relative_to(root) and "site-packages" not in path.parts
