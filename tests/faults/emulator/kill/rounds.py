"""Rounds of load, `kill -9`, restart and comparison."""

from __future__ import annotations

import hashlib
import os
import re
import statistics
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from botocore.exceptions import BotoCoreError, ClientError
from tests.faults.emulator.functions import create_role
from tests.faults.emulator.kill.dynamodb import DynamoDbLoad
from tests.faults.emulator.kill.events import EventLoad
from tests.faults.emulator.kill.executions import ExecutionLoad
from tests.faults.emulator.kill.function_stacks import FunctionStackLoad
from tests.faults.emulator.kill.log_lines import LogLoad
from tests.faults.emulator.kill.mapped_queue import MappedQueueLoad
from tests.faults.emulator.kill.ordered_topic import OrderedTopicLoad
from tests.faults.emulator.kill.queues import OrderLoad, QueueLoad
from tests.faults.emulator.kill.registry import RegistryLoad
from tests.faults.emulator.kill.s3 import S3Load
from tests.faults.emulator.kill.stacks import StackLoad
from tests.faults.emulator.kill.tally import Scenario
from tests.faults.emulator.kill.told_objects import ToldObjectsLoad
from tests.faults.emulator.killable import KillableEmulator, alive

LOAD_S = (0.1, 0.6)
"""How long the load runs before the kill: a random moment in between."""
MOST_MORE_ROUNDS = 6
"""Beyond those asked for, each with twice the load's time, until every scenario was acknowledged something."""
_RETRIES = "--option=lambda_async_retry_s=0.2"
_GONE_S = 2.0


@dataclass(slots=True, kw_only=True)
class KillReport:
    """What the rounds showed."""

    rounds: int
    seed: int
    scenarios: list[Scenario]
    recoveries_s: list[float] = field(default_factory=list)
    recoveries_cpu_s: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def recovery_s(self) -> float:
        """The usual time from a restart to the first signed answer."""
        return statistics.median(self.recoveries_s)

    @property
    def recovery_cpu_s(self) -> float:
        """The processor time of a usual restart."""
        return statistics.median(self.recoveries_cpu_s)

    def all_problems(self) -> list[str]:
        """Everything that is not as it must be."""
        found = list(self.problems)
        for scenario in self.scenarios:
            found += [f"{scenario.name} lost {text}" for text in scenario.tally.lost]
            found += [f"{scenario.name}: {text}" for text in scenario.tally.wrong]
        return found


def kill_rounds(state_dir: Path, *, rounds: int, seed: int) -> KillReport:
    """Load an emulator, kill it, start it again and compare, `rounds` times; a few more where the machine is slow."""
    emulator = KillableEmulator(state_dir=state_dir, arguments=(_RETRIES,))
    emulator.start()
    report = KillReport(rounds=rounds, seed=seed, scenarios=_scenarios(emulator))
    rng = Random(seed)
    try:
        for scenario in report.scenarios:
            scenario.prepare()
        for number in range(1, rounds + 1):
            _one_round(emulator, report, number, rng)
        for more in range(1, MOST_MORE_ROUNDS + 1):
            if all(scenario.tally.acknowledged for scenario in report.scenarios):
                break
            _one_round(emulator, report, rounds + more, rng, patience=2**more)
        for scenario in report.scenarios:
            scenario.finish()
        report.problems += _wrong_blobs(state_dir)
        report.problems += _failures_in_log(state_dir)
    finally:
        emulator.kill()
    return report


def _scenarios(emulator: KillableEmulator) -> list[Scenario]:
    client = emulator.client
    role = create_role(client("iam"))
    marks = emulator.state_dir.parent / f"{emulator.state_dir.name}-marks"
    return [
        DynamoDbLoad(client("dynamodb"), 1),
        DynamoDbLoad(client("dynamodb"), 2),
        S3Load(client("s3")),
        ToldObjectsLoad(client("s3"), client("sqs")),
        EventLoad(client("lambda"), role, marks),
        ExecutionLoad(client("stepfunctions"), client("lambda"), client("dynamodb"), role),
        StackLoad(client("cloudformation"), client("dynamodb")),
        FunctionStackLoad(client, role, emulator.port),
        QueueLoad(client("sqs")),
        OrderLoad(client("sqs"), client("sns")),
        OrderedTopicLoad(client("sqs"), client("sns")),
        MappedQueueLoad(client("sqs"), client("lambda"), role, marks.with_suffix(".mapped")),
        LogLoad(client("logs")),
        RegistryLoad(client("ecr"), emulator.port),
    ]


def _one_round(
    emulator: KillableEmulator, report: KillReport, number: int, rng: Random, *, patience: float = 1.0
) -> None:
    stop = threading.Event()
    workers = [
        threading.Thread(target=_load, args=(scenario, number, Random(rng.getrandbits(64)), stop))
        for scenario in report.scenarios
    ]
    for worker in workers:
        worker.start()
    time.sleep(rng.uniform(*LOAD_S) * patience)
    functions = emulator.function_processes()
    emulator.kill()
    stop.set()
    for worker in workers:
        worker.join()
    _check_processes(report, number, functions, emulator)
    report.recoveries_s.append(emulator.start())
    report.recoveries_cpu_s.append(emulator.start_cpu_s)
    _compare(emulator, report, number)


def _compare(emulator: KillableEmulator, report: KillReport, number: int) -> None:
    integrity = emulator.integrity()
    if integrity != "ok":
        report.problems.append(f"round {number}: {integrity}")
    for scenario in report.scenarios:
        try:
            scenario.check(number)
        except (ClientError, BotoCoreError) as error:
            scenario.tally.wrong.append(f"round {number}: the check was refused: {error}")


def _load(scenario: Scenario, number: int, rng: Random, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            scenario.work(number, rng)
        except ClientError as error:
            scenario.tally.wrong.append(f"round {number}: {error}")
            return
        except (BotoCoreError, OSError):  # the emulator is gone
            return


def _check_processes(report: KillReport, number: int, functions: list[int], emulator: KillableEmulator) -> None:
    deadline = time.monotonic() + _GONE_S
    while left := [*filter(alive, functions), *emulator.function_processes()]:
        if time.monotonic() > deadline:
            report.problems.append(f"round {number}: functions outlive the emulator: {left}")
            return
        time.sleep(0.01)


def _wrong_blobs(state_dir: Path) -> list[str]:
    """Content-addressed files whose content is not what their name says, and files that nobody finishes any more."""
    problems = []
    for folder in ("blobs/sha256", "objects/sha256"):
        for path in (state_dir / folder).glob("*"):
            if not re.fullmatch("[0-9a-f]{64}", path.name):
                problems.append(f"{folder}/{path.name} is a draft that stayed")
            elif hashlib.sha256(path.read_bytes()).hexdigest() != path.name:
                problems.append(f"{folder}/{path.name} holds something else")
    uploads = [os.fspath(path) for path in (state_dir / "uploads").glob("*") if path.is_file()]
    return problems + [f"{path} is an upload that stayed" for path in uploads]


def _failures_in_log(state_dir: Path) -> list[str]:
    """Tracebacks in the emulator's log."""
    log = (state_dir / "emulator.log").read_text(errors="replace")
    return [f"the log holds {log.count('Traceback')} tracebacks"] if "Traceback" in log else []
