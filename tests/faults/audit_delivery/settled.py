"""A function's log, read by the platform's own reaper until the table has everything."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.audit_delivery.trail import TABLE

from mlfn_audit.collecting.deposit import Deposit
from mlfn_audit.collecting.group_log import PREFIX, GroupLog
from mlfn_audit.collecting.settling import Settler, Tally
from mlfn_audit.collecting.sweeping import Progress, Sweep

Clients = Callable[[str], Any]
_BATCH = 400
"""Lines of one PutLogEvents, which takes 1 MiB."""


def ship(logs: Path, clients: Clients, function: str) -> None:
    """Put the streams of a function, one a file, into CloudWatch Logs."""
    client, group = clients("logs"), f"{PREFIX}{function}"
    client.create_log_group(logGroupName=group)
    for file in sorted(logs.iterdir()):
        client.create_log_stream(logGroupName=group, logStreamName=file.name)
        lines = [line for line in file.read_text().splitlines() if line]
        for start in range(0, len(lines), _BATCH):
            now_ms = int(time.time() * 1000)
            events = [{"timestamp": now_ms, "message": line} for line in lines[start : start + _BATCH]]
            client.put_log_events(logGroupName=group, logStreamName=file.name, logEvents=events)


def settle(
    clients: Clients, function: str, model: str, version_of: Callable[[str, str], str], *, later_ms: int = 1
) -> Tally:
    """Read a function's log as the reaper does, or will so much later."""
    table = clients("dynamodb")
    log = GroupLog(client=clients("logs"), group=f"{PREFIX}{function}")
    settler = Settler(log=log, deposit=Deposit(client=table, table=TABLE), version_of=version_of, model=model)
    progress = Progress(client=table, table=TABLE, name=log.group)
    Sweep(
        settler=settler, progress=progress, clock_ms=lambda: int(time.time() * 1000) + later_ms, may_go_on=lambda: True
    ).run()
    return settler.tally
