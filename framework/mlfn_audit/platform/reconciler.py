"""The reconciler, `mlfn_audit.platform.reconciler:handler`: holds a stage's calls against what AWS wrote down."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from mlfn_audit.collecting.trail_sweep import LATE_MS
from mlfn_audit.directory import app_stacks
from mlfn_audit.platform.clients import Place, access_log, client, time_left
from mlfn_audit.reconciling.judging import Verdict
from mlfn_audit.reconciling.sweeping import ReconcileSweep, Sources
from mlfn_audit.table import AuditTable

if TYPE_CHECKING:
    from mlfn_audit.directory import AppStack
    from mlfn_audit.reconciling.reconcile import Reconciliation

TOLD = 50
"""Calls of a part that the log names one by one."""
logger = Logger()
metrics = Metrics(namespace="mlfn")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Reconcile the calls of every app up to an hour ago, when CloudTrail has delivered all that there is.

    `{"settled_ms": 0}` reconciles up to now, for a stage whose calls are over. Safe to run twice, at once, or again
    after being killed.
    """
    place, may_go_on = Place.here(), time_left(context)
    settled = timedelta(milliseconds=int(event.get("settled_ms", LATE_MS)))
    done: Counter[str] = Counter(dict.fromkeys(("calls", "noted", *map(str, Verdict)), 0))
    for stack in app_stacks(client("cloudformation"), place.stage):

        def tell(part: Reconciliation) -> None:
            done.update({"calls": part.calls, **{str(each): part.count(each) for each in Verdict}})
            measure(part)

        done["noted"] += _sweep(place, stack, context, may_go_on).run(tell, settled=settled)
    logger.info("reconciled", extra={"done": done})
    return dict(done)


def _sweep(place: Place, stack: AppStack, context: Any, may_go_on: Any) -> ReconcileSweep:
    return ReconcileSweep(
        app=stack.app,
        stage=stack.stage,
        models=frozenset(stack.models),
        sources=Sources(trail=place.trail(context.invoked_function_arn), log=access_log(stack)),
        table=AuditTable(client=client("dynamodb"), name=place.table),
        deposit=place.deposit(),
        progress=place.progress(f"reconciled#{stack.app}"),
        clock=lambda: datetime.now(UTC),
        may_go_on=may_go_on,
    )


def measure(part: Reconciliation) -> None:
    """Publish how many calls somebody should look at, and name them in the log."""
    metrics.add_metric(name="AuditUnconfirmed", unit=MetricUnit.Count, value=len(part.alarms))
    metrics.flush_metrics()
    for each in part.alarms[:TOLD]:
        told = {"verdict": str(each.verdict), "model": each.model, "invocation": each.invocation, "why": each.why}
        logger.error("unconfirmed", extra={"call": told | {"recorded_as": each.claimed, "called_by": each.caller}})
