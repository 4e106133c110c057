"""`mlfn logs`: what a function printed."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from mlfn.client.typed import declared_name
from mlfn.errors import MlfnError, UsageError
from mlfn_cli.output import json_option, messages
from mlfn_cli.session import Session, command_options, not_deployed
from mlfn_cli.views.log import readable
from mlfn_cli.when import moment
from mlfn_engine.declarations.naming import INGRESS_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef

    from mlfn.app import App

POLL_S = 0.5


@click.command()
@click.argument("name")
@click.option("--since", default="1h", show_default=True, help="From when on: 10m, 1h, 2d or ISO 8601.")
@click.option("--follow", "-f", is_flag=True, help="Go on until interrupted.")
@click.option("--all", "everything", is_flag=True, help="Also the lines of Lambda and of the audit trail, as they are.")
@json_option
@command_options
def logs(session: Session, name: str, since: str, follow: bool, everything: bool, as_json: bool) -> None:
    """Print the log of model NAME (mlfn-ingress for the pipelines' front door); times are UTC.

    With --json each event is a line.
    """
    import json

    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_deployers.aws.api.errors import translated
    from mlfn_engine.discover import discover

    app, now = discover(session.project, None), datetime.now(UTC)
    target, start = session.target(), moment(since, now)
    told = 0
    with translated(target):
        client = Clients(target).logs
        group, start_ms = f"/aws/lambda/{app.name}-{session.stage}-{name}", int(start.timestamp() * 1000)
        try:
            for event in events(client, group, start_ms, follow=follow):
                if as_json:
                    click.echo(json.dumps(event))
                elif (text := shown(event, now.date(), everything=everything)) is not None:
                    click.echo(text)
                    told += 1
        except client.exceptions.ResourceNotFoundException as error:
            raise without_log(app, name, session) from error
    if not told and not as_json:
        messages().print(f"Nothing of {name} since {start:%Y-%m-%d %H:%M:%S} UTC.")


def shown(event: FilteredLogEventTypeDef, today: date, *, everything: bool) -> str | None:
    """An event as a line for people, with its date unless that is today's; None if it says nothing to them."""
    text = event["message"].rstrip() if everything else readable(event["message"])
    if text is None:
        return None
    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    day = "" if at.date() == today else f"{at:%Y-%m-%d} "
    return f"{day}{at:%H:%M:%S}.{at.microsecond // 1000:03} {text}"


def without_log(app: App, name: str, session: Session) -> MlfnError:
    """Why there is no log of this name: there is no such model, it is a pipeline, or it is not deployed."""
    models, pipelines = [sorted(map(declared_name, each)) for each in (app.models, app.pipelines)]
    if name in pipelines:
        return UsageError(
            f"{name} is a pipeline, which has no log of its own.",
            hint=f"Its front door's: mlfn logs {INGRESS_KEY}; its calls: mlfn audit {name}",
        )
    if name in models or name == INGRESS_KEY:
        return not_deployed(app.name, session.stage, session.target_name)
    return UsageError(f"{app.name} has no model {name!r}.", hint=f"It has: {', '.join([*models, INGRESS_KEY])}.")


def events(
    client: CloudWatchLogsClient, group: str, start_ms: int, *, follow: bool
) -> Iterator[FilteredLogEventTypeDef]:
    """A log group's events in order, from `start_ms` (Unix time) on; with `follow`, without end."""
    seen: set[str] = set()
    while True:
        pages = client.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=start_ms)
        found = [event for page in pages for event in page["events"]]
        fresh = [event for event in found if event["eventId"] not in seen]
        yield from fresh
        if not follow:
            return
        if fresh:
            start_ms = max(start_ms, fresh[-1]["timestamp"])
            seen = {event["eventId"] for event in found if event["timestamp"] >= start_ms}
        time.sleep(POLL_S)
