"""`mlfn logs`: what a function printed."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
from botocore.exceptions import ClientError

from mlfn.errors import TargetError
from mlfn_cli.log_view import readable
from mlfn_cli.output import json_option
from mlfn_cli.session import Session, command_options
from mlfn_cli.when import moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef

POLL_S = 0.5


@click.command()
@click.argument("name")
@click.option("--since", default="1h", show_default=True, help="From when on: 10m, 1h, 2d or ISO 8601.")
@click.option("--follow", "-f", is_flag=True, help="Go on until interrupted.")
@click.option("--all", "everything", is_flag=True, help="Also the lines of Lambda and of the audit trail, as they are.")
@json_option
@command_options
def logs(session: Session, name: str, since: str, follow: bool, everything: bool, as_json: bool) -> None:
    """Print the log of model NAME (mlfn-ingress for the pipelines' front door)."""
    import json

    from mlfn_deployers.aws.clients import Clients
    from mlfn_deployers.aws.errors import translated
    from mlfn_engine.discover import discover

    app = discover(session.project, None).name
    target = session.target()
    start = int(moment(since, datetime.now(UTC)).timestamp() * 1000)
    with translated(target):
        client = Clients(target).logs
        for event in events(client, f"/aws/lambda/{app}-{session.stage}-{name}", start, follow=follow):
            if as_json:
                click.echo(json.dumps(event))
                continue
            text = event["message"].rstrip() if everything else readable(event["message"])
            if text is not None:
                at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                click.echo(f"{at:%H:%M:%S}.{at.microsecond // 1000:03} {text}")


def events(
    client: CloudWatchLogsClient, group: str, start_ms: int, *, follow: bool
) -> Iterator[FilteredLogEventTypeDef]:
    """A log group's events in order, from `start_ms` (Unix time) on; with `follow`, without end.

    Raises:
        TargetError: there is no such log group.
    """
    seen: set[str] = set()
    while True:
        try:
            pages = client.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=start_ms)
            found = [event for page in pages for event in page["events"]]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            raise TargetError(
                f"There is no log group {group}.",
                hint="Name a deployed model (mlfn status), or mlfn-ingress; a pipeline's calls: mlfn audit NAME",
            ) from error
        fresh = [event for event in found if event["eventId"] not in seen]
        yield from fresh
        if not follow:
            return
        if fresh:
            start_ms = max(start_ms, fresh[-1]["timestamp"])
            seen = {event["eventId"] for event in found if event["timestamp"] >= start_ms}
        time.sleep(POLL_S)
