"""Pipelines whose models break: every run of a model has its record, every item its one answer."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.audit_delivery.deployed import SETTLED_WITHIN_S, DeployedApp, deployed, in_parallel
from tests.faults.audit_delivery.row import Row
from tests.faults.audit_delivery.trail import END_PHASES, Record, broken_chains, read_records
from tests.faults.pipelines.broken_app import APP, Job, expected, jobs_of, text_of

PATIENCE_S = 300
THROTTLED = "Lambda.TooManyRequestsException"
CALLERS = 3
ROWS = {
    "P1": ("killed", "workers killed inside a map"),
    "P2": ("throttled", "a throttled model"),
    "P3": ("hurried", "models and steps that take too long"),
    "P4": ("gated", "redriven after a failure"),
}
Key = tuple[int, str, int]
"""A run, a model and an item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A run that has ended."""

    number: int
    jobs: list[Job]
    arn: str
    told: dict[str, Any]
    events: list[dict[str, Any]]

    def count(self, kind: str, error: str = "") -> int:
        """Its events of a kind, by an error."""
        found = [each for each in self.events if each["type"] == kind]
        return sum(not error or each["taskFailedEventDetails"]["error"] == error for each in found)


def broken_pipelines(folder: Path, *, runs: int, seed: int) -> list[Row]:
    """A row for each way to break; so many runs each."""
    with deployed(folder, APP) as app:
        return [_row(app, name, runs, Random(f"{seed}/{name}")) for name in ROWS]


def _row(app: DeployedApp, name: str, runs: int, rng: Random) -> Row:
    pipeline, scenario = ROWS[name]
    began, first = time.monotonic(), list(ROWS).index(name) * 1_000_000
    numbers = range(first, first + runs)
    gates = {number: str(app.ledger.folder / f"gate-{number}") for number in numbers}
    jobs = {number: jobs_of(pipeline, number, gates[number], rng) for number in numbers}
    found: list[Ran] = []
    in_parallel(lambda at: found.append(_run(app, pipeline, at, jobs[at])), numbers, callers=CALLERS)
    problems, attempts = _settled(app, pipeline, found)
    ends = Counter(each.told["status"].lower() for each in found)
    redrives = sum(each.count("ExecutionRedriven") for each in found)
    refused = sum(each.count("TaskFailed", THROTTLED) for each in found)
    figures = f"{sum(attempts.values())} runs of models, {_told(ends)}, {refused} throttled, {redrives} redriven"
    return Row(
        id=name, scenario=scenario, calls=runs, found=figures, took_s=time.monotonic() - began, problems=problems
    )


def _run(app: DeployedApp, pipeline: str, number: int, jobs: list[Job]) -> Ran:
    """Start a run, and have it redriven once it has failed behind a closed gate."""
    states, account = app.client("stepfunctions"), "000000000000"
    machine = f"arn:aws:states:us-east-1:{account}:stateMachine:faults-dev-{pipeline}"
    started = states.start_execution(stateMachineArn=machine, input=json.dumps({"input": jobs}))
    arn = started["executionArn"]
    told = _ended(states, arn)
    if pipeline == "gated":
        assert told["status"] == "FAILED", told
        Path(jobs[0]["gate"]).touch()
        states.redrive_execution(executionArn=arn)
        told = _ended(states, arn)
    pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
    events = [event for page in pages for event in page["events"]]
    return Ran(number=number, jobs=jobs, arn=arn, told=told, events=events)


def _ended(states: Any, arn: str) -> dict[str, Any]:
    give_up = time.monotonic() + PATIENCE_S
    while (told := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
        assert time.monotonic() < give_up, f"{arn} does not end"
        time.sleep(0.05)
    return dict(told)


def _settled(app: DeployedApp, pipeline: str, found: list[Ran]) -> tuple[list[str], Counter[Key]]:
    """What is wrong with the trail once nothing is missing any more, or has been for a minute."""
    deadline, key = time.monotonic() + SETTLED_WITHIN_S, app.data_key()
    outcomes = [problem for each in found for problem in _wrong_end(pipeline, each)]
    while True:
        records, wrong = read_records(app.client("dynamodb"))
        attempts = _attempts(app, found)
        problems = [*wrong, *outcomes, *broken_chains(records), *_differences(attempts, found, records, key)]
        if pipeline == "throttled":
            problems += _unexplained(attempts, found)
        if not problems or time.monotonic() > deadline:
            return problems, attempts
        app.reap()


def _wrong_end(pipeline: str, ran: Ran) -> Iterator[str]:
    told = ran.told
    if pipeline == "throttled" and told.get("error") == THROTTLED:
        return  # it was told so after all its attempts
    if told["status"] != "SUCCEEDED":
        yield f"run {ran.number} ended as {told['status']}: {told.get('error')}"
    elif (output := json.loads(told["output"])) != (right := expected(pipeline, ran.jobs)):
        yield f"run {ran.number} gave {output}, not {right}"


def _attempts(app: DeployedApp, found: list[Ran]) -> Counter[Key]:
    """How often each model really ran for each item: it wrote that down itself."""
    own, attempts = {each.number for each in found}, Counter[Key]()
    for number, facts in app.ledger.ran():
        event, model, item = facts.split()
        if number in own and event == "began":
            attempts[number, model, int(item)] += 1
    return attempts


def _differences(attempts: Counter[Key], found: list[Ran], records: list[Record], key: bytes) -> Iterator[str]:
    """Runs of models without a record of their own, records of none, and items answered twice."""
    runs = {each.arn: each.number for each in found}
    items = {
        (each.arn, _digest(text_of(job), key)): job["item"] for each in found for job in each.jobs
    }  # by what a record tells of its input
    recorded, answered = Counter[Key](), Counter[Key]()
    for record in records:
        if record.get("ex") in runs and record["ph"] in END_PHASES:
            at = (runs[record["ex"]], record["m"].partition(".")[2], items.get((record["ex"], record.get("ih", "")), 0))
            recorded[at] += 1
            answered[at] += record["ph"] == "completed"
    yield from (f"{at} ran {count} times more than is recorded" for at, count in (attempts - recorded).items())
    yield from (f"{at} is recorded {count} times more than it ran" for at, count in (recorded - attempts).items())
    yield from (f"{at} was answered {count} times" for at, count in answered.items() if count > 1)


def _unexplained(attempts: Counter[Key], found: list[Ran]) -> Iterator[str]:
    """A task that was scheduled either ran or was turned away."""
    scheduled = sum(each.count("TaskScheduled") for each in found)
    refused = sum(each.count("TaskFailed", THROTTLED) for each in found)
    if scheduled != refused + sum(attempts.values()):
        yield f"{scheduled} were scheduled, {sum(attempts.values())} ran, {refused} were turned away"


def _digest(text: str, key: bytes) -> str:
    return urlsafe_b64encode(hmac.digest(key, text.encode(), "sha256")).decode().rstrip("=")


def _told(ends: Counter[str]) -> str:
    return ", ".join(f"{count} {status}" for status, count in sorted(ends.items()))
