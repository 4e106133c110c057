"""Each of the platform's functions killed before and after each of its requests, and what the next run makes of it."""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.faults.audit_platform.scenario import ENDINGS, TOLD_AT_ONCE, Scenario, make_scenario
from tests.fixtures.function_log import MODEL, TABLE, CrashError, World

from mlfn_audit.bucket import CheckpointBucket
from mlfn_audit.collecting.deposit import Deposit
from mlfn_audit.collecting.gateway_sweep import GatewaySweep
from mlfn_audit.collecting.group_log import GroupLog
from mlfn_audit.collecting.sweeping import Progress
from mlfn_audit.platform.writer import write
from mlfn_audit.seal_table import TableSealer
from mlfn_audit.signing import FileSigner
from mlfn_audit.verifying.sources import TableSource, verify_table
from mlfn_audit.verifying.trail import Trail

SIGNER = FileSigner(name="trail", key=Ed25519PrivateKey.from_private_bytes(bytes(32)))
Step = Callable[[Scenario], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """What came of killing one function everywhere."""

    function: str
    points: int
    problems: tuple[str, ...]


def kill_everywhere(function: str, seed: int, *, calls: int) -> Killed:
    """Kill a function at every boundary of its steps, and once more at a random one of the run that follows."""
    prepared = _prepared(function, make_scenario(seed, calls=calls))
    clean = copy.deepcopy(prepared)
    STEPS[function](clean)
    steps = clean.world.calls - prepared.world.calls
    chance = random.Random(seed)
    problems: list[str] = []
    for point in range(1, steps + 1):
        for applied in (False, True):
            where = f"{function} killed {'after' if applied else 'before'} request {point} of {steps}, seed {seed}"
            scenario = copy.deepcopy(prepared)
            _crash(scenario, STEPS[function], point, applied=applied)
            _crash(scenario, STEPS[function], chance.randint(1, steps), applied=chance.random() < 0.5)
            STEPS[function](scenario)
            problems += [f"{where}: {text}" for text in (*_own_work(function, scenario), *_verdict(scenario))]
    return Killed(function=function, points=2 * steps, problems=tuple(problems))


def run_writer(scenario: Scenario) -> None:
    """Every batch of the subscription, each as Lambda would give it to the writer."""
    for events in scenario.deliveries():
        write(scenario.world.settler(), events, now_ms=scenario.world.now_ms)


def run_reaper(scenario: Scenario) -> None:
    """The reaper over the function's log, and over the API's."""
    world = scenario.world
    world.sweep()
    GatewaySweep(
        app="shop",
        log=GroupLog(client=world, group="/aws/vendedlogs/apis/shop-dev"),
        deposit=Deposit(client=world, table=TABLE),
        progress=Progress(client=world, table=TABLE, name="api"),
        clock_ms=lambda: world.now_ms,
        may_go_on=lambda: True,
    ).run()


def run_sealer(scenario: Scenario) -> None:
    """The sealer over the whole table."""
    _sealer(scenario.world).run()


STEPS: dict[str, Step] = {"writer": run_writer, "reaper": run_reaper, "sealer": run_sealer}


def _prepared(function: str, scenario: Scenario) -> Scenario:
    """What the function finds: the sealer, a trail of which a part is sealed and a part is new."""
    if function == "sealer":
        run_writer(scenario)
        run_sealer(scenario)
        scenario.world.now_ms += 1_000
        run_reaper(scenario)
    return scenario


def _crash(scenario: Scenario, step: Step, point: int, *, applied: bool) -> None:
    world = scenario.world
    world.dies_at, world.applied = world.calls + point, applied
    try:
        step(scenario)
    except CrashError:
        pass
    finally:
        world.dies_at = -1


def _own_work(function: str, scenario: Scenario) -> Iterator[str]:
    """What a function has left undone, before another one can make up for it."""
    endings = {"writer": TOLD_AT_ONCE, "reaper": tuple(ENDINGS), "sealer": ()}[function]
    held = scenario.world.phases()
    for request, end in scenario.ledger.items():
        if request.endswith(endings) and end not in held.get(request, ()):
            yield f"left undone: {request}"


def _verdict(scenario: Scenario) -> Iterator[str]:
    """What is wrong once everybody has had another run, by sets that know nothing of how it came about."""
    run_reaper(scenario)
    run_sealer(scenario)
    world = scenario.world
    phases = {request: found for request, found in world.phases().items() if not request.startswith("-:")}
    held = {request: [phase for phase in found if phase != "started"] for request, found in phases.items()}
    lost = [request for request in scenario.ledger if not held.get(request)]
    wrong = [request for request, end in scenario.ledger.items() if held.get(request) not in ([end], None)]
    invented = held.keys() - scenario.ledger.keys()
    for name, found in (("lost", lost), ("wrong", wrong), ("invented", sorted(invented))):
        if found:
            yield f"{name}: {', '.join(f'{each} {held.get(each)}' for each in found)}"
    if (told := _told_refusals(world)) != scenario.refused:
        yield f"refusals: {told} instead of {scenario.refused}"
    report = verify_table(
        TableSource(client=world, table=TABLE, bucket=_bucket(world), models=(MODEL,)),
        Trail(SIGNER.public_key, now=_now(world)),
    )
    if not report.is_clean or report.unsealed:
        yield f"the trail does not verify: {dict(report.counts)}, {report.unsealed} unsealed"


def _told_refusals(world: World) -> Counter[tuple[int, str]]:
    """Minute and status -> how many refusals the table tells of."""
    told: Counter[tuple[int, str]] = Counter()
    for wire in world.wires():
        if wire["ph"] == "rejected":
            status, _, count = wire["er"].partition(" x")
            told[int(wire["iv"].split(":")[1]), status] += int(count)
    return told


def _sealer(world: World) -> TableSealer:
    return TableSealer(
        client=world,
        table=TABLE,
        bucket=_bucket(world),
        signer=SIGNER,
        models=lambda: [MODEL],
        clock=lambda: _now(world),
    )


def _bucket(world: World) -> CheckpointBucket:
    return CheckpointBucket(client=world, name="bucket", trail="trail")


def _now(world: World) -> datetime:
    return datetime.fromtimestamp(world.now_ms / 1000, UTC)
