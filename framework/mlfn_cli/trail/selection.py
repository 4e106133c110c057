"""Which calls `mlfn audit` is asked for, and which keys of the table find them."""

from __future__ import annotations

import json
import string
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlfn.audit.codec import fit
from mlfn.blobs import Blob
from mlfn.client.blobs import LARGEST_INLINE, plain
from mlfn.declare import mark_of
from mlfn.errors import DiscoveryError, UsageError
from mlfn_audit.input_spellings import spellings
from mlfn_audit.looking_up import run_id
from mlfn_audit.question import CallsOfCaller, CallsOfExecution, CallsOfModel, CallsOnInput, Period
from mlfn_cli.output import messages
from mlfn_cli.views.calls import INPUT_DIGITS, who
from mlfn_cli.when import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlfn.app import App
    from mlfn_audit.query import CallRow
    from mlfn_audit.question import Question
    from mlfn_cli.session import Session

PIPE = "-"
"""In place of a file: standard input."""
CALLER_LIMIT, CALLER_TIGHT = 192, 64
"""To how many bytes a record cuts a caller (docs/audit-record.md §3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which calls are asked for."""

    name: str | None
    period: Period
    version: str | None = None
    caller: str | None = None
    execution: str | None = None
    status: str | None = None
    digests: tuple[str, ...] = ()
    """Of the input, in hexadecimal, or their first digits: under the app's data key, and plain."""
    data: tuple[bytes, ...] = ()
    """The input itself, as it may have been written, whose digests the table's reader will know."""

    @classmethod
    def of(cls, *, since: str, until: str | None, data: str | None, **others: str | None) -> Selection:
        """The selection that the command line names.

        Raises:
            UsageError: its period or its input cannot be.
        """
        given = given_input(data) if data else ()
        digests = (given,) if isinstance(given, str) else ()
        bodies = () if isinstance(given, str) else given
        return cls(period=period_of(since, until), digests=digests, data=bodies, **others)

    def over(self, since: datetime, until: datetime) -> Selection:
        """The same calls of another period."""
        return replace(self, period=Period(since=since, until=until))

    def questions(self, models: Callable[[], Iterable[str]]) -> tuple[Question, ...]:
        """What to ask the table: the one key that finds the fewest calls, else each of `models`."""
        if self.execution and is_whole(self.execution):
            return (CallsOfExecution(execution=self.execution),)
        if self.digests:
            return tuple(CallsOnInput(digest=digest, period=self.period) for digest in self.digests)
        if self.caller and is_whole(self.caller) and not self.execution:
            return (CallsOfCaller(caller=self.caller, period=self.period),)
        whole = self.name and "." in self.name
        names = [self.name] if self.name and whole else sorted(models())
        return tuple(CallsOfModel(model=name, period=self.period, version=self.version) for name in names)

    def admits(self, row: CallRow) -> bool:
        """Whether a call that a question found is wanted."""
        record = row.record
        return (
            (self.name is None or is_named(record.model, self.name))
            and (self.execution is None or self._is_run(record.execution))
            and (self.caller is None or self._is_caller(record.caller) or self._is_caller(row.confirmed.caller))
            and not (self.caller and record.is_copy)
            and (self.status is None or row.status == self.status)
            and (not self.digests or (record.input_digest or b"").hex().startswith(self.digests))
            and CallsOfModel(model=record.model, period=self.period, version=self.version).admits(record)
        )

    def _is_caller(self, recorded: str | None) -> bool:
        """Whether it is the wanted caller, as given, as cut to a record's size, or as the table shows it."""
        whole = self.caller or ""
        return recorded in {whole, cut := fit(whole, CALLER_LIMIT), fit(cut, CALLER_TIGHT)} or who(recorded) == whole

    def _is_run(self, recorded: str | None) -> bool:
        wanted = self.execution or ""
        return is_whole(wanted) or run_id(recorded).startswith(wanted)


def period_of(since: str, until: str | None) -> Period:
    """The period that the command line names.

    Raises:
        UsageError: it cannot be.
    """
    now = datetime.now(UTC)
    period = Period(since=moment(since, now), until=moment(until, now) if until else now)
    if period.until <= period.since:
        raise UsageError("The period ends before it begins.", hint="Give --since a moment before --until, or now.")
    return period


def given_input(text: str) -> tuple[bytes, ...] | str:
    """An input as it may have travelled (a file, - for standard input), or its digest in hexadecimal as it is given.

    Raises:
        UsageError: it is neither a file nor a digest.
    """
    if text == PIPE:
        return spellings(sys.stdin.buffer.read())
    if (path := Path(text)).is_file():
        return (*spellings(path.read_bytes()), *blob_spellings(path))
    digits = text.lower()
    if not set(digits) <= set(string.hexdigits) or not INPUT_DIGITS <= len(digits) <= 64:
        raise UsageError(
            f"--input: {text!r} is neither a file nor a digest.",
            hint=f"Give the file that was sent, - for standard input, or at least {INPUT_DIGITS} digits of a digest.",
        )
    return digits


def blob_spellings(path: Path) -> tuple[bytes, ...]:
    """A file as the Blob that `mlfn invoke NAME @FILE` and mlfn.Client send, if it is small enough to travel inside."""
    if path.suffix == ".json" or path.stat().st_size > LARGEST_INLINE:
        return ()
    return spellings(json.dumps(plain(Blob.from_path(path))).encode())


def is_whole(text: str) -> bool:
    """Whether a selector is a whole name, which the table has a key for, and not a part of one."""
    return ":" in text or "|" in text


def is_named(model: str, name: str) -> bool:
    """Whether a model's id is this name, or ends in it."""
    return model == name or model.endswith(f".{name}")


def models_named(session: Session, name: str | None, known: Callable[[], Iterable[str]]) -> list[str]:
    """The ids of the project's models and pipelines, or of one; without a project, those that the stage knows of.

    A project that does not import has the models that the stage knows of it: what they were called with is on record.

    Raises:
        DiscoveryError: there is neither a project nor a stage that knows any.
    """
    from mlfn_engine.discover import discover

    try:
        app = discover(session.project, None)
    except DiscoveryError:
        found = [model for model in known() if name is None or is_named(model, name)]
        if not found:
            raise
        return found
    except Exception as error:  # whatever the user's module raises
        return _models_without_code(session, name, known, error)
    if name:
        return [f"{app.name}.{name}"]
    declared = declared_ids(app)
    # A model that is declared no more still has records.
    return sorted(declared | {model for model in known() if model.startswith(f"{app.name}.")})


def _models_without_code(
    session: Session, name: str | None, known: Callable[[], Iterable[str]], error: Exception
) -> list[str]:
    from mlfn_engine.projects.project import find_project

    app = find_project(session.project).name
    why = f"{type(error).__name__}: {error}"
    messages().print(f"The project does not import ({why}); what is on record of {app} is shown.", markup=False)
    return [f"{app}.{name}"] if name else sorted(model for model in known() if model.startswith(f"{app}."))


def declared_ids(app: App) -> set[str]:
    """The ids of an app's models and pipelines."""
    return {f"{app.name}.{_declared_name(each)}" for each in (*app.models, *app.pipelines)}


def _declared_name(function: Callable[..., Any]) -> str:
    mark = mark_of(function)
    return str((mark.options.get("name") if mark else None) or function.__name__)
