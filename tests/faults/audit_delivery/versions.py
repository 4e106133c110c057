"""R11: deploys and rollbacks while calls come in; each record names the version that ran."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.audit_delivery.deployed import DeployedApp, deployed, in_parallel
from tests.faults.audit_delivery.row import Row
from tests.faults.audit_delivery.trail import Record

from mlfn_deployers.aws.releases.traffic import move

MODEL = """
import os
from ledger import note
from mlfn import model

RELEASE = {release}

@model(memory_mb=128, timeout_s=20)
def echo(number: int) -> int:
    note(number, RELEASE, os.environ["AWS_LAMBDA_FUNCTION_VERSION"])
    return number
"""
FUNCTION = "faults-dev-echo"
CALLERS = 2
_BLOCK = 50


@dataclass(slots=True)
class _Releases:
    """Who deploys, and what he has deployed: release number to image version."""

    app: DeployedApp
    rng: Random
    images: dict[int, str] = field(default_factory=dict)
    lambda_versions: dict[int, str] = field(default_factory=dict)
    moves: int = 0
    failures: list[BaseException] = field(default_factory=list)

    def deploy(self, release: int) -> None:
        """Deploy a release, a new one or an old one again."""
        self.app.project.write("app.py", MODEL.format(release=release))
        self.note(release, self.app.deploy())

    def note(self, release: int, told: dict[str, Any]) -> None:
        """Keep what a deploy said."""
        self.images[release] = told["images"]["echo"]
        self.lambda_versions[release] = told["traffic"]["echo"]
        self.moves += 1

    def roll_back(self, release: int) -> None:
        """Let the aliases point to what an earlier release published."""
        move(self.app.client("lambda"), FUNCTION, self.lambda_versions[release])
        self.moves += 1

    def keep_deploying(self, enough: threading.Event, least: int) -> None:
        """A new release, back to one of those before, and so on; both ways back in turns."""
        try:
            for release in itertools.count(1):
                self.deploy(release)
                time.sleep(self.rng.uniform(0.1, 0.5))
                earlier = self.rng.randrange(release)
                (self.roll_back if release % 2 else self.deploy)(earlier)
                if enough.is_set() and release >= least:
                    return
        except BaseException as error:  # a thread's own would be lost
            self.failures.append(error)
            raise


def deploys_under_load(folder: Path, *, calls: int, seed: int, least: int = 2) -> Row:
    """Calls without a pause until there are enough of them, and at `least` so many releases with their ways back."""
    began = time.monotonic()
    with deployed(folder, MODEL.format(release=0)) as app:
        releases = _Releases(app, Random(seed))
        releases.note(0, app.first)
        made = _call_until(app, releases, calls, least)
        verdict, records = app.settled("echo")
        mistaken = _mistaken(app, releases, records)
    right = verdict.ran - len(mistaken)
    return Row(
        id="R11",
        scenario="deploy and rollback under load",
        calls=made,
        found=f"{right} of {verdict.ran} records name the version that ran; {releases.moves} moves of traffic",
        took_s=time.monotonic() - began,
        problems=[*verdict.problems(), *mistaken, *([] if verdict.answered == made else ["a call failed"])],
    )


def _call_until(app: DeployedApp, releases: _Releases, calls: int, least: int) -> int:
    """How many calls were made."""
    enough = threading.Event()
    deployer = threading.Thread(target=releases.keep_deploying, args=(enough, least))
    call = app.caller()
    deployer.start()
    made = 0
    while deployer.is_alive():
        in_parallel(lambda number: call("echo", number, number), range(made, made + _BLOCK), callers=CALLERS)
        made += _BLOCK
        if made >= calls:
            enough.set()
    deployer.join()
    if releases.failures:
        raise releases.failures[0]
    return made


def _mistaken(app: DeployedApp, releases: _Releases, records: list[Record]) -> list[str]:
    """Runs whose record names another version than the worker wrote down."""
    calls = app.ledger.dispatched()
    recorded = {record["iv"]: (record["mv"], record["fv"]) for record in records if record["ph"] == "completed"}
    wrong = []
    for number, facts in app.ledger.ran():
        release, lambda_version = facts.split()
        ran = (releases.images[int(release)], lambda_version)
        if recorded.get(calls[number]) != ran:
            wrong.append(f"call {number} ran {ran}, its record says {recorded.get(calls[number])}")
    return wrong
