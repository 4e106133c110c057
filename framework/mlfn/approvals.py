"""Ask a person inside a pipeline: `decision = approval(text, by=[…], timeout_s=3600)`.

In process whoever `answered_by` names gives the answer, else the person at the terminal; deployed, the pipeline waits
for `mlfn approve` or `mlfn reject`.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlfn.errors import MlfnError
from mlfn.steps import within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

REJECTED = "It was rejected."
"""What a rejection without a comment says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A person's yes."""

    by: str
    """Who said it: an ARN where AWS has vouched for it."""
    at: str
    """When, in UTC, such as `2026-11-27T02:30:00Z`."""
    comment: str = ""
    assurance: int = 0
    """How sure it is who said it: docs/audit-record.md, `cl`."""


class Rejected(Exception):  # noqa: N818 - read as what is caught: except Rejected
    """A person's no; its text is the comment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person is asked."""

    about: object
    by: tuple[str, ...]
    """Who may answer."""
    timeout_s: int | None


_decide: ContextVar[Callable[[Question], Approval] | None] = ContextVar("decide", default=None)


def approval(about: object, *, by: Sequence[str], timeout_s: int | None = None) -> Approval:
    """Let the pipeline wait until one of `by` (ARNs of principals) has approved `about`.

    Without `timeout_s` it waits for as long as the pipeline may take.

    Raises:
        Rejected: one of them has rejected it.
        Timeout: nobody has answered within `timeout_s`.
    """
    question = Question(about=about, by=tuple(by), timeout_s=timeout_s)
    decide = _decide.get() or _ask_at_the_terminal
    return decide(question) if timeout_s is None else within(timeout_s, lambda: decide(question))


@contextmanager
def answered_by(decide: Callable[[Question], Approval]) -> Iterator[None]:
    """Inside, `decide` answers every approval: it gives an `Approval`, or raises `Rejected`."""
    token = _decide.set(decide)
    try:
        yield
    finally:
        _decide.reset(token)


def _ask_at_the_terminal(question: Question) -> Approval:
    if not sys.stdin.isatty():
        raise MlfnError(
            "The pipeline asks for an approval, and nobody is there to answer.",
            hint="Write with answered_by(lambda question: Approval(by=…, at=…)): around the call.",
        )
    from getpass import getuser  # noqa: PLC0415 - only where somebody is asked

    answer = input(f"Approve {question.about!r}? [y/N] ")
    comment = input("Comment: ")
    if not answer.strip().lower().startswith("y"):
        raise Rejected(comment or REJECTED)
    return Approval(by=getuser(), at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", comment=comment)
