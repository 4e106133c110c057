"""The names and records of distributed map runs and their child executions."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.json_text import dump, parse
from mlfn_localstack.services.stepfunctions.model import Execution, Executions

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.interpreter.world import ChildSpec, Run


def child_execution(run: Run, spec: ChildSpec, executions: Executions, now: float) -> Execution:
    """The execution of one item: named after its map run, so that a restart finds it again."""
    prefix = run.machine_arn.rsplit(":", 2)[0]
    machine = f"{run.machine_name}/{spec.label}"
    arn = f"{prefix}:execution:{machine}:{spec.name}"
    if spec.express:
        arn = f"{prefix}:express:{machine}:{spec.name}:{uuid.uuid4()}"
    definition = "" if spec.express else executions.keep_definition(dump(spec.definition))
    return Execution(
        arn=arn,
        name=spec.name,
        machine_arn=f"{run.machine_arn}/{spec.label}",
        machine_name=machine,
        role=run.role,
        definition=definition,
        started=now,
        input=spec.data.text,
        map_run_arn=spec.map_run,
        jsonata=run.jsonata,
        item=spec.item,
    )


def aborted(body: dict[str, Any], stopped: list[Execution], now: float) -> dict[str, Any]:
    """A map run's record once its parent was interrupted, and those of its child executions that still ran stopped."""
    items, executions = body["itemCounts"], body["executionCounts"]
    in_batches = items["total"] != executions["total"]
    stopped_items = sum(len(parse(child.input)["Items"]) if in_batches else 1 for child in stopped)
    return {
        **body,
        "status": "ABORTED",
        "stopDate": now,
        "itemCounts": _with_aborted(items, stopped_items),
        "executionCounts": _with_aborted(executions, len(stopped)),
    }


def _with_aborted(counts: dict[str, int], number: int) -> dict[str, int]:
    counts = {**counts, "aborted": counts["aborted"] + number, "running": 0}
    ended = sum(counts[name] for name in ("succeeded", "failed", "timedOut", "aborted"))
    return {**counts, "pending": counts["total"] - ended}
