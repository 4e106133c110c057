"""The reaper, `mlfn_audit.platform.reaper:handler`: reads a stage's logs on by schedule, and puts what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from mlfn_audit.directory import app_stacks
from mlfn_audit.platform.access_log import GROUP_PREFIX
from mlfn_audit.platform.clients import Place, client, group_of, now_ms, time_left
from mlfn_audit.platform.gateway_sweep import GatewaySweep
from mlfn_audit.platform.group_log import GroupLog
from mlfn_audit.platform.settling import Tally
from mlfn_audit.platform.sweeping import Sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_audit.directory import AppStack

logger = Logger()
metrics = Metrics(namespace="mlfn")


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Settle every log of the stage up to now; safe to run twice, at once, or again after being killed."""
    place, may_go_on = Place.here(), time_left(context)
    done, derived = Tally(), 0
    for stack in app_stacks(client("cloudformation"), place.stage):
        for function in stack.functions:
            done.add(sweep_function(place, stack, function, may_go_on))
        derived += sweep_gateway(place, stack, may_go_on)
    metrics.add_metric(name="AuditSpooled", unit=MetricUnit.Count, value=done.put)
    metrics.add_metric(name="AuditOrphans", unit=MetricUnit.Count, value=done.abandoned)
    metrics.add_metric(name="AuditUnbelieved", unit=MetricUnit.Count, value=done.unbelieved)
    metrics.add_metric(name="AuditCollision", unit=MetricUnit.Count, value=done.collisions)
    result = done.to_json() | {"derived": derived}
    logger.info("settled", extra={"done": result})
    return result


def sweep_function(place: Place, stack: AppStack, function: str, may_go_on: Callable[[], bool]) -> Tally:
    """Read a function's log on."""
    settler = place.settler(group_of(function), stack.model_of(function))
    progress = place.progress(settler.log.group)
    Sweep(settler=settler, progress=progress, clock_ms=now_ms, may_go_on=may_go_on).run()
    return settler.tally


def sweep_gateway(place: Place, stack: AppStack, may_go_on: Callable[[], bool]) -> int:
    """Read an API's access log on; how many records are new."""
    log = GroupLog(client=client("logs"), group=f"{GROUP_PREFIX}{stack.app}-{stack.stage}")
    return GatewaySweep(
        app=stack.app,
        log=log,
        deposit=place.deposit(),
        progress=place.progress(log.group),
        clock_ms=now_ms,
        may_go_on=may_go_on,
    ).run()
