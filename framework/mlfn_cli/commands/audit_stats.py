"""`mlfn audit stats`: calls, failures and durations in numbers."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from mlfn_cli.output import console, json_option, messages, print_json
from mlfn_cli.session import Session, command_options
from mlfn_cli.trail.known_names import check_known
from mlfn_cli.trail.reading import calls_of, cost_json, cost_text, models_of, opened_table, warn_of_damage
from mlfn_cli.trail.selection import Selection, models_named


@click.command()
@click.argument("name", required=False)
@click.option("--since", default="24h", show_default=True, help="From when on: 10m, 1h, 2d or ISO 8601.")
@click.option("--until", default=None, help="Up to when (default: now).")
@click.option("--version", default=None, help="Only this version: its number, or the start of its image version.")
@click.option("--caller", default=None, help="Calls of one principal: an ARN, or its last part as the table shows it.")
@click.option("--explain", is_flag=True, help="Say what was read for the answer.")
@json_option
@command_options
def stats(session: Session, explain: bool, as_json: bool, since: str, **selection: str | None) -> None:
    """Count the calls of model or pipeline NAME (default: of every one of the app): by version, caller and time.

    Every record of the period is read.
    """
    from mlfn_audit.tallies import Summary
    from mlfn_cli.trail.counts import counts_of
    from mlfn_cli.views.stats import stats_as_json, stats_as_text

    chosen = Selection.of(since=since, data=None, **selection)
    summary = Summary(period=chosen.period, now=datetime.now(UTC))
    with opened_table(session, page_size=1000) as table:
        whole = chosen.name is not None and "." in chosen.name
        models = [chosen.name or ""] if whole else models_named(session, chosen.name, lambda: models_of(table))
        summary.add(filter(chosen.admits, calls_of(table, chosen.questions(lambda: models))))
        if not summary.all.calls:
            check_known(session, chosen.name, table)
        counts = counts_of(session, models, chosen.period)
    if as_json:
        read = {"read": cost_json(table.cost)} if explain else {}
        print_json(stats_as_json(summary, counts) | read)
    else:
        console().print(stats_as_text(summary, counts, console().width))
        if explain:
            messages().print(cost_text(table.cost))
    warn_of_damage(table.cost)
