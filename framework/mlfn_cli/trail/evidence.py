"""Where `mlfn audit reconcile` finds what AWS wrote down."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mlfn.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_audit.question import Period
    from mlfn_audit.reconciling.reconcile import Scope
    from mlfn_cli.session import Session
    from mlfn_deployers.aws.api.clients import Clients

_GATEWAY_LATE_MS = 60_000


def trail_events(session: Session, period: Period, place: str | None) -> Iterator[dict[str, Any]] | None:
    """CloudTrail's events in files that are named, else in those of the account's trails; None: there is no trail."""
    from mlfn_audit.reconciling.trail_files import file_events

    if place and not place.startswith("s3://"):
        path = Path(place)
        if not path.exists():
            raise UsageError(f"There is no {place}.", hint="Name a file, a directory or s3://bucket[/prefix].")
        return file_events(path)
    from mlfn_deployers.aws.api.clients import Clients

    clients = Clients(session.target())
    if place:
        bucket, _, prefix = place.removeprefix("s3://").partition("/")
        return _of_buckets(clients, [(bucket, prefix)], period)
    trails = _trails(clients)
    return _of_buckets(clients, trails, period) if trails else None


def access_messages(session: Session, scope: Scope, file: Path | None) -> list[str] | None:
    """The lines of the API's access log; None: there is none."""
    if file is not None:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    from mlfn_deployers.aws.api.clients import Clients

    client = Clients(session.target()).logs
    since, until = (int(moment.timestamp() * 1000) for moment in (scope.period.since, scope.period.until))
    request: dict[str, Any] = {
        "logGroupName": f"/aws/vendedlogs/apis/{scope.prefix.removesuffix('-')}",
        "startTime": since - _GATEWAY_LATE_MS,
        "endTime": until + _GATEWAY_LATE_MS,
    }
    pages = client.get_paginator("filter_log_events").paginate(**request)
    try:
        return [event["message"] for page in pages for event in page["events"]]
    except client.exceptions.ResourceNotFoundException:
        return None


def _of_buckets(clients: Clients, places: list[tuple[str, str]], period: Period) -> Iterator[dict[str, Any]]:
    from mlfn_audit.reconciling.trail_files import TrailBucket

    account, region = clients.sts.get_caller_identity()["Account"], clients.s3.meta.region_name
    store: Any = clients.s3
    for bucket, prefix in places:
        in_front = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        yield from TrailBucket(client=store, bucket=bucket, prefix=in_front, account=account, region=region).events(
            period
        )


def _trails(clients: Clients) -> list[tuple[str, str]]:
    """Bucket and prefix of every trail that covers this region."""
    try:
        found = clients.cloudtrail.describe_trails()["trailList"]
    except ClientError:  # whoever asks may not see the trails, or the target knows none
        return []
    return [(trail["S3BucketName"], trail.get("S3KeyPrefix", "")) for trail in found]
