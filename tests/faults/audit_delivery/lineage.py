"""R12: pipelines with retry, catch, parallel and map; the trail of each run is its graph."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.audit_delivery.deliveries import record_id
from tests.faults.audit_delivery.deployed import SETTLED_WITHIN_S, DeployedApp, deployed, in_parallel
from tests.faults.audit_delivery.row import Row
from tests.faults.audit_delivery.trail import END_PHASES, Record, broken_chains, read_records

APP = """
from dataclasses import dataclass

from ledger import note, times
from mlfn import Retry, model, parallel, pipeline, step

class Busy(Exception):
    pass

class Unreadable(ValueError):
    pass

@dataclass
class Job:
    run: int
    words: list[str]
    busy: int
    readable: bool

@model(timeout_s=20)
def clean(job: Job) -> list[str]:
    if times(job.run) <= job.busy:
        note(job.run, "clean", "error")
        raise Busy("later")
    note(job.run, "clean", "completed")
    return [word.strip() for word in job.words]

@model(timeout_s=20)
def rate(run: int, word: str) -> int:
    note(run, "rate", "completed")
    return len(word)

@model(timeout_s=20)
def measure(run: int, words: list[str]) -> int:
    note(run, "measure", "completed")
    return len(words)

@model(timeout_s=20)
def inspect(job: Job) -> str:
    if not job.readable:
        note(job.run, "inspect", "error")
        raise Unreadable("nothing to see")
    note(job.run, "inspect", "completed")
    return "fine"

@model(timeout_s=20)
def fallback(run: int, message: str) -> str:
    note(run, "fallback", "completed")
    return message

@model(timeout_s=20)
def summarise(run: int, rates: list[int], size: int, remark: str) -> str:
    note(run, "summarise", "completed")
    return f"{run}: {rates} {size} {remark}"

@pipeline
def judge(job: Job) -> str:
    words = step(clean, retry=Retry(on=[Busy], attempts=4, delay_s=1, backoff=1.0))(job)
    with parallel():
        rates = [rate(job.run, each) for each in words]
        size = measure(job.run, words)
    try:
        remark = inspect(job)
    except Unreadable as error:
        remark = fallback(job.run, str(error))
    return summarise(job.run, rates, size, remark)
"""
STEPS = ("clean", "rate", "measure", "inspect", "fallback", "summarise")
CALLERS = 6


@dataclass(slots=True, kw_only=True)
class Run:
    """What the trail holds of one run, by step: its records, and those of the front door under `judge`."""

    steps: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))

    def ids(self, step: str, phase: str = "completed") -> set[str]:
        """The ids of a step's records of one phase."""
        return {record["id"] for record in self.steps[step] if record["ph"] == phase}


def pipelines_traced(folder: Path, *, runs: int, seed: int) -> Row:
    """So many runs through the API, with busy models and unreadable input among them."""
    began = time.monotonic()
    rng = Random(seed)
    jobs = [_job(number, rng) for number in range(runs)]
    with deployed(folder, APP) as app:
        answers = _post(app, jobs)
        problems, records = _settled(app, jobs, answers)
    noted = Counter(facts.split()[1] for _, facts in app.ledger.ran())
    return Row(
        id="R12",
        scenario="pipelines: retry, catch, parallel, map",
        calls=runs,
        found=f"{noted['completed']} attempts succeeded and {noted['error']} failed, "
        f"{sum(record['ph'] == 'completed' for record in records) - runs} and "
        f"{sum(record['ph'] == 'error' for record in records)} records; "
        f"{runs - len({problem.split(':')[0] for problem in problems})} graphs complete",
        took_s=time.monotonic() - began,
        problems=problems,
    )


def _job(number: int, rng: Random) -> dict[str, Any]:
    return {
        "run": number,
        "words": [f" word{each} " for each in range(rng.randint(0, 4))],
        "busy": rng.choice((0, 0, 0, 0, 1, 2)),
        "readable": rng.random() < 0.7,
    }


def _post(app: DeployedApp, jobs: list[dict[str, Any]]) -> dict[int, str]:
    """Run number to the id of the record that the answer names."""
    post = app.poster()
    answers: dict[int, str] = {}

    def one(number: int) -> None:
        job = jobs[number]
        status, headers, body = post("/pipelines/judge", job)
        rates = [len(word.strip()) for word in job["words"]]
        expected = f"{number}: {rates} {len(rates)} {'fine' if job['readable'] else 'nothing to see'}"
        assert (status, json.loads(body)) == (200, expected), body
        answers[number] = headers["mlfn-record"]

    in_parallel(one, range(len(jobs)), callers=CALLERS)
    return answers


def _settled(app: DeployedApp, jobs: list[dict[str, Any]], answers: dict[int, str]) -> tuple[list[str], list[Record]]:
    """What is wrong with the trail once nothing is missing any more, or has been for a minute."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while True:
        records, wrong = read_records(app.client("dynamodb"))
        problems = [*wrong, *broken_chains(records), *_wrong_runs(app, jobs, answers, records)]
        if not problems or time.monotonic() > deadline:
            return problems, records
        app.reap()


def _wrong_runs(
    app: DeployedApp, jobs: list[dict[str, Any]], answers: dict[int, str], records: list[Record]
) -> Iterator[str]:
    by_execution: dict[str, Run] = defaultdict(Run)
    execution_of = {record["id"]: record["ex"] for record in records if record["m"] == "faults.judge"}
    for record in records:
        if record["ph"] in END_PHASES:
            by_execution[record["ex"]].steps[record["m"].partition(".")[2]].append(record)
    noted: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    for number, facts in app.ledger.ran():
        step, phase = facts.split()
        noted[number][step, phase] += 1
    for job in jobs:
        run = by_execution[execution_of.get(answers[job["run"]], "")]
        for problem in (*_miscounted(run, noted[job["run"]]), *_misparented(run)):
            yield f"run {job['run']}: {problem}"


def _miscounted(run: Run, noted: Counter[tuple[str, str]]) -> Iterator[str]:
    """Steps with more or fewer records than attempts that the models wrote down."""
    told = Counter((step, record["ph"]) for step in STEPS for record in run.steps[step])
    for step, phase in sorted(set(told) | set(noted)):
        if told[step, phase] != noted[step, phase]:
            yield f"{step} {phase} {noted[step, phase]} times, {told[step, phase]} records"


def _misparented(run: Run) -> Iterator[str]:
    """Steps whose parents are not the records that their input stems from."""
    door = {record_id(record | {"ph": "started"}) for record in run.steps["judge"]}
    clean, remark = run.ids("clean"), run.ids("inspect") | run.ids("fallback")
    expected = {
        "clean": door,
        "rate": door | clean,
        "measure": door | clean,
        "inspect": door,
        "fallback": door | run.ids("inspect", "error"),
        "summarise": door | run.ids("rate") | run.ids("measure") | remark,
    }
    for step in STEPS:
        for record in run.steps[step]:
            if not _are(record.get("pa", []), expected[step]):
                yield f"the parents of {step} are {record.get('pa')}, not {sorted(expected[step])}"


def _are(parents: list[str], expected: set[str]) -> bool:
    """Whether these are the parents; a record that has no room for many keeps their number and digest."""
    if len(parents) == 1 and parents[0].startswith("+"):
        return parents[0].partition("#")[0] == f"+{len(expected)}"
    return len(parents) == len(expected) and set(parents) == expected
