"""An app whose models are killed, throttled, too slow, or fail until something is mended; and its jobs."""

from __future__ import annotations

import json
from random import Random
from typing import Any

APP = """
import os
import signal
import time
from dataclasses import dataclass

from ledger import note, times
from mlfn import Retry, Timeout, limit, model, pipeline, step

class Closed(Exception):
    pass

@dataclass
class Job:
    run: int
    item: int
    fate: str
    gate: str

def began(job, name):
    note(job.run, "began", name, job.item)
    return times(f"{name}-{job.run}-{job.item}") == 1

@model(timeout_s=20)
def work(job: Job) -> int:
    is_first = began(job, "work")
    if is_first and job.fate == "killed before":
        os.kill(os.getpid(), signal.SIGKILL)
    if job.fate == "closed" and not os.path.exists(job.gate):
        raise Closed("not yet")
    note(job.run, "ended", "work", job.item)
    if is_first and job.fate == "killed after":
        os.kill(os.getpid(), signal.SIGKILL)
    return job.item * 10

@model(timeout_s=20, reserved=2)
def narrow(job: Job) -> int:
    began(job, "narrow")
    time.sleep(0.03)
    return job.item * 10

@model(timeout_s=3)
def slow(job: Job) -> int:
    began(job, "slow")
    if job.fate == "slow":
        time.sleep(6)
    return job.item

@model(timeout_s=20)
def patient(job: Job) -> int:
    began(job, "patient")
    if job.fate == "slow":
        time.sleep(2)
    return job.item

@model(timeout_s=20)
def fallback(job: Job) -> int:
    began(job, "fallback")
    return -job.item

@model(timeout_s=20)
def last(job: Job) -> int:
    began(job, "last")
    return job.item

@pipeline(mode="async", timeout_s=300)
def killed(jobs: list[Job]) -> list[int]:
    return [step(work, retry=Retry(attempts=4, delay_s=1, backoff=1.0))(job) for job in limit(jobs, 8)]

@pipeline(mode="async", timeout_s=300)
def throttled(jobs: list[Job]) -> list[int]:
    return [narrow(job) for job in limit(jobs, 4)]

@pipeline(mode="async", timeout_s=300)
def hurried(jobs: list[Job]) -> list[list[int]]:
    return [in_time(job) for job in limit(jobs, 2)]

@pipeline(mode="async", timeout_s=300)
def in_time(job: Job) -> list[int]:
    try:
        found = slow(job)
    except Timeout:
        found = fallback(job)
    try:
        other = step(patient, timeout_s=1)(job)
    except Timeout:
        other = last(job)
    return [found, other]

@pipeline(mode="async", timeout_s=300)
def gated(jobs: list[Job]) -> list[list[int]]:
    values = [work(job) for job in limit(jobs, 1)]
    return [values, [last(job) for job in limit(jobs, 1)]]
"""
FATES = {
    "killed": ("fine", "fine", "killed before", "killed after"),
    "throttled": ("fine",),
    "hurried": ("fine", "slow"),
    "gated": ("fine", "closed"),
}
"""What may happen to an item of each pipeline, each as likely."""
ITEMS = {"killed": 6, "throttled": 6, "hurried": 2, "gated": 4}

Job = dict[str, Any]


def jobs_of(pipeline: str, run: int, gate: str, rng: Random) -> list[Job]:
    """The items of one run; of `gated` one at least is closed."""
    fates = [rng.choice(FATES[pipeline]) for _ in range(ITEMS[pipeline])]
    if pipeline == "gated":
        fates[rng.randrange(len(fates))] = "closed"
    return [{"run": run, "item": item + 1, "fate": fate, "gate": gate} for item, fate in enumerate(fates)]


def expected(pipeline: str, jobs: list[Job]) -> Any:
    """The output of a run in which every error was made good."""
    values = [job["item"] * 10 for job in jobs]
    if pipeline == "hurried":
        return [[-job["item"] if job["fate"] == "slow" else job["item"], job["item"]] for job in jobs]
    return [values, [job["item"] for job in jobs]] if pipeline == "gated" else values


def text_of(job: Job) -> str:
    """A job as a state passes it to a model."""
    return json.dumps(job, separators=(",", ":"))
