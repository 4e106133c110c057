"""`mlfn audit reconcile`: hold the trail against what AWS itself wrote down."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from mlfn.errors import UsageError
from mlfn_cli.output import console, json_option, messages, print_json
from mlfn_cli.session import Session, command_options
from mlfn_cli.trail.reading import calls_of, models_of, opened_table, warn_of_damage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_audit.reconciling.evidence import Evidence
    from mlfn_audit.reconciling.judging import Finding
    from mlfn_audit.reconciling.reconcile import Reconciliation, Scope

FOUND = 2
"""The exit code when a call is not what its record says, or has none."""


@click.command()
@click.argument("name", required=False)
@click.option("--since", default="24h", show_default=True, help="From when on: 10m, 1h, 2d or ISO 8601.")
@click.option("--until", default=None, help="Up to when (default: now).")
@click.option(
    "--trail", metavar="PATH|s3://BUCKET[/PREFIX]", help="CloudTrail's files (default: the account's trails)."
)
@click.option("--access-log", type=click.Path(path_type=Path, exists=True), help="The API's access log, as a file.")
@click.option("--dry-run", is_flag=True, help="Write no notes and count no alarms.")
@json_option
@command_options
def reconcile(session: Session, as_json: bool, dry_run: bool, **selection: Any) -> None:
    """Confirm who called model or pipeline NAME (default: each of the app), and find calls that are not what they say.

    Exits with 2 if anything is found that somebody should look at.
    """
    from mlfn_audit.question import CallsOfModel
    from mlfn_audit.reconciling.reconcile import Reconciliation, deposited, judged
    from mlfn_cli.trail.selection import models_named

    with opened_table(session) as table:
        wanted = models_named(session, selection["name"], lambda: models_of(table))
        scope = _scope(session, selection["since"], selection["until"], wanted)
        rows = list(calls_of(table, [CallsOfModel(model=model, period=scope.period) for model in wanted]))
        evidence = _evidence(session, scope, selection["trail"], selection["access_log"])
        found = judged(rows, evidence, scope, datetime.now(UTC), table)
        noted = 0 if dry_run else deposited(found, _deposit(session))
        done = Reconciliation(calls=len(rows), noted=noted, findings=tuple(found))
        if not dry_run:
            _count(session, done)
        warn_of_damage(table.cost)
    print_json(_as_json(done)) if as_json else _show(done, evidence)
    if done.alarms:
        click.get_current_context().exit(FOUND)


def _scope(session: Session, since: str, until: str | None, models: Iterable[str]) -> Scope:
    from mlfn_audit.reconciling.reconcile import Scope
    from mlfn_cli.trail.selection import period_of
    from mlfn_engine.discover import discover

    app = discover(session.project, None).name
    period = period_of(since, until)
    return Scope(app=app, prefix=f"{app}-{session.stage}-", period=period, models=frozenset(models))


def _evidence(session: Session, scope: Scope, trail: str | None, access_log: Path | None) -> Evidence:
    from mlfn_audit.reconciling.evidence import Evidence, gateway_calls, invocations
    from mlfn_cli.trail.evidence import access_messages, trail_events

    events = trail_events(session, scope.period, trail)
    lines = access_messages(session, scope, access_log)
    seen = None if events is None else {each.request: each for each in invocations(events, scope.prefix)}
    calls = None if lines is None else {call.request: call for call in gateway_calls(lines)}
    if seen is None and calls is None:
        raise UsageError(
            "There is nothing to hold the trail against: no CloudTrail trail and no access log.",
            hint="Give --trail or --access-log.",
        )
    return Evidence(invocations=seen, gateway=calls)


def _deposit(session: Session) -> Any:
    from mlfn_audit.collecting.deposit import Deposit
    from mlfn_deployers.aws.api.clients import Clients

    client: Any = Clients(session.target()).dynamodb  # boto3's stubs type each keyword; the protocol takes any
    return Deposit(client=client, table=f"mlfn-audit-{session.stage}")


def _count(session: Session, done: Reconciliation) -> None:
    """Raise the alarms that hang on the metric `AuditUnconfirmed`."""
    from mlfn_deployers.aws.api.clients import Clients

    data = [_metric("Model", model, count) for model, count in sorted(done.alarms_by_model().items())]
    if data:
        data.append(_metric("service", f"mlfn-audit-{session.stage}", len(done.alarms)))
        Clients(session.target()).cloudwatch.put_metric_data(Namespace="mlfn", MetricData=data)


def _metric(dimension: str, value: str, count: int) -> dict[str, Any]:
    dimensions = [{"Name": dimension, "Value": value}]
    return {"MetricName": "AuditUnconfirmed", "Dimensions": dimensions, "Value": count, "Unit": "Count"}


def _show(done: Reconciliation, evidence: Evidence) -> None:
    from mlfn_audit.reconciling.judging import Verdict

    sources = {"Invoke events of CloudTrail": evidence.invocations, "requests of the API's log": evidence.gateway}
    read = " and ".join(f"{len(found):,} {name}" for name, found in sources.items() if found is not None)
    console().print(f"{done.calls:,} calls held against {read}.")
    console().print(f"[green]✓[/] {done.count(Verdict.CONFIRMED):,} confirmed; {done.noted:,} new notes.")
    if not done.alarms:
        return
    table = Table("when (UTC)", "model", "verdict", "recorded as", "called by", "why", box=None, header_style="bold")
    for finding in done.alarms:
        table.add_row(*_cells(finding))
    messages().print(f"[red]{len(done.alarms):,} calls that somebody should look at:[/]")
    console().print(table)


def _cells(finding: Finding) -> tuple[str, ...]:
    from rich.markup import escape

    from mlfn_cli.views.calls import told, who

    names = [escape(told(who(name))) if name else "–" for name in (finding.claimed, finding.caller)]
    at = finding.at[:19].replace("T", " ")
    return (at, escape(told(finding.model)), f"[red]{finding.verdict}[/]", *names, finding.why)


def _as_json(done: Reconciliation) -> dict[str, Any]:
    from mlfn_audit.reconciling.judging import Verdict

    return {
        "calls": done.calls,
        "noted": done.noted,
        **{str(verdict): done.count(verdict) for verdict in Verdict},
        "alarms": [
            {
                "verdict": str(finding.verdict),
                "model": finding.model,
                "invocation": finding.invocation,
                "at": finding.at,
                "recorded_as": finding.claimed,
                "called_by": finding.caller,
                "record": finding.record.id if finding.record else None,
                "why": finding.why,
            }
            for finding in done.alarms
        ],
    }
