"""Many deploys in a row, most of them killed at a random moment, while a client calls."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import boto3
from tests.faults.deploys.orphans import World
from tests.faults.deploys.shape import Shape, changed
from tests.faults.deploys.traffic import Traffic
from tests.fixtures.project import Project, free_port

from mlfn_cli.session import local_target
from mlfn_deployers.aws.releases import sweeping

WHOLE, FAST = ("deploy", "--allow-breaking"), ("deploy", "--fast")
FAST_SHARE = 0.5
"""Of the deploys that ran to their end: they are followed by a fast one, which is killed half of the time."""
FIRST_S = 3.0
"""How long a deploy is thought to take until one has been seen."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What has been seen."""

    deploys: int = 0
    killed: int = 0
    fast: int = 0
    """Besides, in between."""
    answers: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    durations_s: list[float] = field(default_factory=list)

    def lines(self) -> list[str]:
        """For people."""
        calls = ", ".join(f"{number} {path}" for path, number in sorted(self.answers.items()))
        slowest = f"median {sorted(self.durations_s)[len(self.durations_s) // 2]:.1f} s, at most "
        return [
            f"{self.deploys} deploys, {self.killed} of them killed, {self.fast} fast ones in between; "
            f"{len(self.problems)} problems",
            f"complete deploys took {slowest}{max(self.durations_s):.1f} s",
            f"calls meanwhile: {calls}",
            *self.problems[:20],
        ]


class Deploys:
    """One run."""

    def __init__(self, project: Project, random: Random, tell: Callable[[str], object]) -> None:
        self._project = project
        self._random = random
        self._tell = tell
        self._shape = Shape()
        self._calls = ExitStack()
        self._traffic: Traffic | None = None
        self.tally = Tally()

    def run(self, count: int, kills: int) -> Tally:
        """So many deploys, `kills` of them killed; the last one runs to its end."""
        plan = [True] * kills + [False] * (count - kills - 1)
        self._random.shuffle(plan)
        with self._calls:
            for is_killed in [*plan, False]:
                self._next(is_killed)
            self._last()
        if self._traffic:
            self.tally.answers = self._traffic.answers
            self.tally.problems += self._traffic.errors
        return self.tally

    def _next(self, is_killed: bool) -> None:
        while True:
            told, self._shape = changed(self._shape, self._random)
            self._shape.write(self._project)
            if not is_killed:
                self._complete(told)
                return
            if self._kill(told):
                return

    def _kill(self, told: str, way: tuple[str, ...] = WHOLE) -> bool:
        """Whether a deploy was still running at a moment within the time one takes."""
        longest = self.tally.durations_s[-1] if self.tally.durations_s else FIRST_S
        after_s = self._random.uniform(0, longest)
        process = subprocess.Popen(
            self._project.command(*way),
            cwd=self._project.root,
            env=self._project.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(timeout=after_s)
            return False
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if way is WHOLE:
            self._count(f"killed after {after_s:.2f} s", told)
            self.tally.killed += 1
        return True

    def _complete(self, told: str) -> None:
        started = time.monotonic()
        outcome = self._project.mlfn(*WHOLE)
        took_s = time.monotonic() - started
        self.tally.durations_s.append(took_s)
        self._count(f"ran {took_s:.2f} s", told)
        if outcome.code:
            self.tally.problems.append(f"deploy {self.tally.deploys} ({told}) failed: {outcome.err.strip()[-600:]}")
            return
        self._call_from_now_on()
        self._check_answer()
        self.tally.problems += [f"after deploy {self.tally.deploys}: {stack}" for stack in self._world().stuck()]
        if self._random.random() < FAST_SHARE:
            self._fast()

    def _fast(self) -> None:
        """Code alone, past the stack; the next deploy must adopt it, complete or not."""
        self._shape = replace(self._shape, word=self._shape.word + 1)
        self._shape.write(self._project)
        if self._random.random() < FAST_SHARE:
            self._kill("code", FAST)
            return
        outcome = self._project.mlfn(*FAST)
        self.tally.fast += 1
        if outcome.code:
            self.tally.problems.append(f"fast deploy failed: {outcome.err.strip()[-600:]}")
        self._check_answer()

    def _check_answer(self) -> None:
        answer = self._project.mlfn("invoke", "mood", '"a"').out.strip()
        if answer != f'"mood {self._shape.word}"':
            self.tally.problems.append(f"after deploy {self.tally.deploys} the model answers {answer}")

    def _count(self, how: str, told: str) -> None:
        self.tally.deploys += 1
        self._tell(f"{self.tally.deploys:3} {how}: {told}")

    def _last(self) -> None:
        """Once what killed deploys left is old enough to be taken away, nothing may be left after a deploy."""
        time.sleep(sweeping.EMULATOR_S)
        self._shape = Shape(word=self._shape.word + 1)
        self._shape.write(self._project)
        self._project.ok(*WHOLE)
        self.tally.problems += [f"left: {orphan}" for orphan in self._world().orphans()]

    def _call_from_now_on(self) -> None:
        if self._traffic is None:
            url = self._project.ok("status", "--json").json["outputs"]["ApiUrl"]
            target = local_target(self._project.root / ".mlfn" / "emulator")
            self._traffic = self._calls.enter_context(Traffic(self._session(), target, url).going())

    def _world(self) -> World:
        target = local_target(self._project.root / ".mlfn" / "emulator")
        return World(self._session(), str(target.endpoint_url))

    def _session(self) -> boto3.Session:
        target = local_target(self._project.root / ".mlfn" / "emulator")
        return boto3.Session(
            aws_access_key_id=target.access_key,
            aws_secret_access_key=target.secret_key,
            region_name=target.region,
        )


def deploys(
    directory: Path, seed: int, *, count: int, kills: int, tell: Callable[[str], object] = sys.stdout.write
) -> Tally:
    """Run them in an emulator of their own."""
    project = Project(root=directory, port=free_port())
    project.start_emulator()
    try:
        return Deploys(project, Random(seed), tell).run(count, kills)
    finally:
        project.mlfn("emulator", "stop")
