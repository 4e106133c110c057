"""`mlfn audit`: who called which version, when, on which data, with what result."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

import click

from mlfn.audit.codec import fit
from mlfn.declare import mark_of
from mlfn.errors import UsageError
from mlfn_audit.query import query
from mlfn_audit.question import CallsOfCaller, CallsOfExecution, CallsOfModel, Period
from mlfn_cli.audit_view import as_json as row_as_json
from mlfn_cli.audit_view import as_table, run_id, who
from mlfn_cli.commands.audit_forget import forget
from mlfn_cli.commands.audit_trail import COMMANDS, AuditGroup
from mlfn_cli.output import console, json_option, print_json
from mlfn_cli.session import Session, command_options
from mlfn_cli.when import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlfn_audit.query import CallRow
    from mlfn_audit.question import Question
    from mlfn_audit.table import DynamoDBClient
    from mlfn_engine.values import Target

CALLER_LIMIT, CALLER_TIGHT = 192, 64
"""To how many bytes a record cuts a caller (docs/audit-record.md §3)."""


@click.group(cls=AuditGroup)
def audit() -> None:
    """Show the calls of model or pipeline NAME (default: of every one of the app), or check the trail itself."""


@audit.command(hidden=True)
@click.argument("name", required=False)
@click.option("--since", default="24h", show_default=True, help="From when on: 10m, 1h, 2d or ISO 8601.")
@click.option("--until", default=None, help="Up to when (default: now).")
@click.option("--version", default=None, help="Only this version: its number, or the start of its image version.")
@click.option("--caller", default=None, help="Calls of one principal: an ARN, or its last part as the table shows it.")
@click.option("--execution", default=None, help="Calls of one run of a pipeline: its ARN, or how its id begins.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="At most the newest so many.")
@json_option
@command_options
def calls(session: Session, as_json: bool, limit: int, **selection: str | None) -> None:
    """Show the calls of model or pipeline NAME (default: of every one of the app), the newest last."""
    chosen = Selection.of(**selection)
    asked = ask(session, session.target(), _questions(session, chosen))
    rows = list(islice((row for row in asked if chosen.admits(row)), limit))[::-1]
    if as_json:
        print_json([row_as_json(row) for row in rows])
    elif rows:
        console().print(as_table(rows))
    else:
        console().print("No calls recorded.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which calls are asked for."""

    name: str | None
    period: Period
    version: str | None
    caller: str | None
    execution: str | None

    @classmethod
    def of(cls, *, since: str | None, until: str | None, **others: str | None) -> Selection:
        """The selection that the command line names.

        Raises:
            UsageError: the period cannot be.
        """
        now = datetime.now(UTC)
        period = Period(since=moment(since or "24h", now), until=moment(until, now) if until else now)
        if period.until <= period.since:
            raise UsageError("--until is before --since.", hint="Give a period that ends after it begins.")
        return cls(period=period, **others)

    def admits(self, row: CallRow) -> bool:
        """Whether a call that a question found is wanted."""
        record = row.record
        return (
            (self.name is None or record.model == self.name or record.model.endswith(f".{self.name}"))
            and (self.version is None or self.version in {record.function_version, record.version[: len(self.version)]})
            and (self.caller is None or self._is_caller(record.caller))
            and (self.execution is None or self._is_run(record.execution))
        )

    def _is_caller(self, recorded: str | None) -> bool:
        """Whether it is the wanted caller, as given, as cut to a record's size, or as the table shows it."""
        whole = self.caller or ""
        return recorded in {whole, cut := fit(whole, CALLER_LIMIT), fit(cut, CALLER_TIGHT)} or who(recorded) == whole

    def _is_run(self, recorded: str | None) -> bool:
        wanted = self.execution or ""
        return is_whole(wanted) or run_id(recorded).startswith(wanted)


def is_whole(text: str) -> bool:
    """Whether a selector is a whole name, which the table has a key for, and not a part of one."""
    return ":" in text or "|" in text


def _questions(session: Session, chosen: Selection) -> tuple[Question, ...]:
    """What to ask the table: the one key that finds the calls, else every model and pipeline of the app."""
    if chosen.execution and is_whole(chosen.execution):
        return (CallsOfExecution(execution=chosen.execution),)
    if chosen.caller and is_whole(chosen.caller) and not chosen.execution:
        return (CallsOfCaller(caller=chosen.caller, period=chosen.period),)
    if chosen.name and "." in chosen.name:
        return (CallsOfModel(model=chosen.name, period=chosen.period),)
    from mlfn_engine.discover import discover

    app = discover(session.project, None)
    names = [chosen.name] if chosen.name else [_declared_name(each) for each in (*app.models, *app.pipelines)]
    return tuple(CallsOfModel(model=f"{app.name}.{each}", period=chosen.period) for each in names)


def _declared_name(function: Callable[..., Any]) -> str:
    mark = mark_of(function)
    return str((mark.options.get("name") if mark else None) or function.__name__)


def ask(session: Session, target: Target, questions: tuple[Question, ...]) -> Iterator[CallRow]:
    """The calls that any of the questions asks for, the newest first.

    Raises:
        TargetError: the target does not answer, or has no audit table.
    """
    from mlfn_deployers.aws.clients import Clients
    from mlfn_deployers.aws.errors import translated

    # boto3's stubs type each keyword; the protocol takes any
    client = cast("DynamoDBClient", Clients(target).dynamodb)
    table = f"mlfn-audit-{session.stage}"
    with translated(target):
        answers = [query(client, table, question, newest_first=True) for question in questions]
        yield from heapq.merge(*answers, key=lambda row: row.record.started_at, reverse=True)


for command in (*COMMANDS, forget):
    audit.add_command(command)
