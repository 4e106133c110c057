"""The reaper, `mlfn_audit.platform.reaper:handler`: reads a stage's logs on by schedule, and puts what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from mlfn_audit.collecting.asks import Asks
from mlfn_audit.collecting.gateway_sweep import GatewaySweep
from mlfn_audit.collecting.losses import SETTLED_MS
from mlfn_audit.collecting.settling import Tally
from mlfn_audit.collecting.sweeping import Sweep
from mlfn_audit.collecting.trail_sweep import TrailSweep
from mlfn_audit.directory import app_stacks
from mlfn_audit.platform.clients import Place, access_log, client, group_of, now_ms, time_left

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mlfn_audit.collecting.group_log import GroupLog
    from mlfn_audit.collecting.losses import Balance, LossCount
    from mlfn_audit.collecting.settling import Settler
    from mlfn_audit.directory import AppStack

logger = Logger()
metrics = Metrics(namespace="mlfn")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Settle every log of the stage up to now; safe to run twice, at once, or again after being killed.

    `{"settled_ms": 0}` counts losses up to now, for a stage whose calls are over.
    """
    place, may_go_on = Place.here(), time_left(context)
    settled_ms = int(event.get("settled_ms", SETTLED_MS))
    done, derived, balances = Tally(), 0, list[tuple["LossCount", "Balance"]]()
    stacks = list(app_stacks(client("cloudformation"), place.stage))
    asks = {stack.app: Asks(log=access_log(stack)) for stack in stacks}
    for stack, function in in_turn(stacks):
        settler = place.settler(group_of(function), stack.model_of(function))
        if sweep_function(place, settler, may_go_on):
            balances += balance_of(place.loss_count(stack, function, asks[stack.app]), settler.log, settled_ms)
        done.add(settler.tally)
    derived += sum(sweep_gateway(place, stack, may_go_on) for stack in stacks)
    derived += sweep_trail(place, stacks, context.invoked_function_arn, may_go_on)
    result = done.to_json() | {"derived": derived, "lost": sum(balance.lost for _, balance in balances)}
    measure(done, result["lost"])
    for count, balance in balances:
        count.keep(balance, now_ms=now_ms())  # once it has been told
    logger.info("settled", extra={"done": result})
    return result


def in_turn(stacks: Sequence[AppStack]) -> list[tuple[AppStack, str]]:
    """Their functions, another one first in each run, so that a busy one does not keep the others waiting for ever."""
    functions = [(stack, name) for stack in stacks for name in stack.functions]
    first = now_ms() // 60_000 % (len(functions) or 1)
    return functions[first:] + functions[:first]


def sweep_function(place: Place, settler: Settler, may_go_on: Callable[[], bool]) -> bool:
    """Read a function's log on; whether that is done."""
    progress = place.progress(settler.log.group)
    return Sweep(settler=settler, progress=progress, clock_ms=now_ms, may_go_on=may_go_on).run()


def balance_of(count: LossCount, log: GroupLog, settled_ms: int) -> Iterator[tuple[LossCount, Balance]]:
    """What has been lost of a function's calls, once it has been called."""
    began_ms = log.began_ms()
    if began_ms is not None:
        yield count, count.counted(now_ms=now_ms(), began_ms=began_ms, settled_ms=settled_ms)


def sweep_gateway(place: Place, stack: AppStack, may_go_on: Callable[[], bool]) -> int:
    """Read an API's access log on; how many records are new."""
    log = access_log(stack)
    return GatewaySweep(
        app=stack.app,
        log=log,
        deposit=place.deposit(),
        progress=place.progress(log.group),
        clock_ms=now_ms,
        may_go_on=may_go_on,
    ).run()


def sweep_trail(place: Place, stacks: Sequence[AppStack], own_arn: str, may_go_on: Callable[[], bool]) -> int:
    """Read CloudTrail's files on, if there are any; how many records are new."""
    files = place.trail(own_arn)
    if files is None:
        return 0
    functions = {function: stack.model_of(function) for stack in stacks for function in stack.functions}
    return TrailSweep(
        files=files,
        models={function: model for function, model in functions.items() if model},
        deposit=place.deposit(),
        progress=place.progress("trail"),
        clock_ms=now_ms,
        may_go_on=may_go_on,
    ).run()


def measure(done: Tally, lost: int) -> None:
    """Publish what was found."""
    counts = {
        "AuditLost": lost,
        "AuditOrphans": done.abandoned,
        "AuditSpooled": done.put,
        "AuditUnbelieved": done.unbelieved,
        "AuditCollision": done.collisions,
    }
    for name, value in counts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    metrics.flush_metrics()
