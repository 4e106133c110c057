"""`mlfn audit`: who called which version, when, on which data, with what result."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import click

from mlfn.audit.record import Status
from mlfn.errors import UsageError
from mlfn_audit.following import follow as followed
from mlfn_audit.following import moment_of
from mlfn_cli.commands.audit_export import export
from mlfn_cli.commands.audit_forget import forget
from mlfn_cli.commands.audit_reconcile import reconcile
from mlfn_cli.commands.audit_show import show
from mlfn_cli.commands.audit_stats import stats
from mlfn_cli.commands.audit_trail import COMMANDS, AuditGroup
from mlfn_cli.output import console, messages, print_json
from mlfn_cli.session import Session, command_options
from mlfn_cli.trail.known_names import check_known
from mlfn_cli.trail.reading import calls_of, cost_json, cost_text, digests_of, models_of, opened_table, warn_of_damage
from mlfn_cli.trail.selection import Selection, models_named
from mlfn_cli.views.calls import as_csv, as_json, as_line, as_table, csv_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlfn_audit.query import CallRow
    from mlfn_audit.question import Period
    from mlfn_audit.table import AuditTable

AHEAD = timedelta(minutes=5)
"""How far a function's clock may be before ours."""
SINCE, SINCE_FOLLOWED = "24h", "10m"


@click.group(cls=AuditGroup)
def audit() -> None:
    """Show the calls of model or pipeline NAME (default: of every one of the app), or check the trail itself."""


@audit.command(hidden=True)
@click.argument("name", required=False)
@click.option("--since", default=None, help="From when on: 10m, 1h, 2d or ISO 8601 (default: 24h; 10m to follow).")
@click.option("--until", default=None, help="Up to when (default: now).")
@click.option("--version", default=None, help="Only this version: its number, or the start of its image version.")
@click.option("--caller", default=None, help="Calls of one principal: an ARN, or its last part as the table shows it.")
@click.option("--execution", default=None, help="Calls of one run of a pipeline: its ARN, or how its id begins.")
@click.option("--status", default=None, type=click.Choice([*map(str, Status), "running"]), help="Calls that ended so.")
@click.option("--input", "data", default=None, metavar="FILE|DIGEST", help="Calls on this input (- reads it).")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="At most the newest so many.")
@click.option("--follow", "-f", is_flag=True, help="Then print new calls as they come, until interrupted.")
@click.option("--explain", is_flag=True, help="Say what was read for the answer.")
@click.option("--json", "form", flag_value="json", help="Print JSON for other programs (to follow: one call a line).")
@click.option("--csv", "form", flag_value="csv", help="Print CSV for spreadsheets.")
@command_options
def calls(session: Session, form: str | None, limit: int, follow: bool, explain: bool, **selection: str | None) -> None:
    """Show the calls of model or pipeline NAME (default: of every one of the app), the newest last."""
    if follow and selection["until"]:
        raise UsageError("--follow has no end, and --until is one.", hint="Leave one of them out.")
    since = selection.pop("since") or (SINCE_FOLLOWED if follow else SINCE)
    chosen = Selection.of(since=since, **selection)
    with opened_table(session, page_size=min(max(25, limit), 250)) as table:
        asking = Asking(session=session, chosen=chosen, table=table).with_digests()
        if follow:
            _print_as_they_come(asking.following(limit), form)
        else:
            rows = list(islice(asking.newest(), limit))[::-1]
            if not rows:
                check_known(session, chosen.name, table)
            _print(rows, form, table if explain else None, chosen.period)
            if len(rows) == limit and form is None:
                messages().print(f"[dim]The newest {limit}; --limit shows more.[/]")
        warn_of_damage(table.cost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A selection of calls and the table that has them."""

    session: Session
    chosen: Selection
    table: AuditTable

    def with_digests(self) -> Asking:
        """The same, with the digests that records of a given input may have."""
        data = self.chosen.data
        if not data:
            return self
        apps = {model.partition(".")[0] for model in self._models()}
        return replace(self, chosen=replace(self.chosen, digests=digests_of(self.session, data, sorted(apps))))

    def newest(self) -> Iterator[CallRow]:
        """The calls, the newest first, read as they are needed."""
        return self._calls(self.chosen, newest_first=True)

    def following(self, limit: int) -> Iterator[CallRow]:
        """The last calls, then new ones as they come."""
        first = list(islice(self.newest(), limit))[::-1]
        since = moment_of(first[0]) if len(first) == limit else self.chosen.period.since
        return followed(self._since, first, since, now=partial(datetime.now, UTC), pause=time.sleep)

    def _since(self, since: datetime) -> Iterator[CallRow]:
        return self._calls(self.chosen.over(since, datetime.now(UTC) + AHEAD))

    def _calls(self, chosen: Selection, *, newest_first: bool = False) -> Iterator[CallRow]:
        return filter(chosen.admits, calls_of(self.table, chosen.questions(self._models), newest_first=newest_first))

    def _models(self) -> list[str]:
        name = self.chosen.name
        if name and "." in name:
            return [name]
        return models_named(self.session, name, lambda: models_of(self.table))


def _print(rows: list[CallRow], form: str | None, explained: AuditTable | None, period: Period) -> None:
    if form == "json":
        documents = [as_json(row) for row in rows]
        print_json({"calls": documents, "read": cost_json(explained.cost)} if explained else documents)
        return
    if form == "csv":
        click.echo(csv_header() + "".join(map(as_csv, rows)), nl=False)
    elif rows:
        console().print(as_table(rows, console().width))
    else:
        console().print(f"No calls recorded from {_minute(period.since)} to {_minute(period.until)} UTC.")
    if explained:
        messages().print(cost_text(explained.cost))


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _print_as_they_come(rows: Iterable[CallRow], form: str | None) -> None:
    """Each call on a line of its own, written out at once."""
    if form == "csv":
        click.echo(csv_header(), nl=False)
    for number, row in enumerate(rows):
        match form:
            case "json":
                click.echo(json.dumps(as_json(row), ensure_ascii=False))
            case "csv":
                click.echo(as_csv(row), nl=False)
            case _:
                console().print(as_line(row, console().width, header=number == 0))


for command in (*COMMANDS, export, forget, reconcile, show, stats):
    audit.add_command(command)
