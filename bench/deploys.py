"""How long deploys and rollbacks take on the emulator, whole commands, to the first answer of what was deployed.

    .venv/bin/python bench/deploys.py [rounds]

Three models, two pipelines. A code-only change is one word in one model's module.
Where bench/deploying/sam.py finds SAM, it builds and plans three functions in turn with ours, at the same endpoint.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from deploying.sam import SAM, Sam

if TYPE_CHECKING:
    from collections.abc import Callable

TARGETS_S = {
    "no change": 1.5,
    "code only, to the first answer": 2.0,
    "--fast, to the first answer": 2.0,
    "rollback": 2.0,
}
SAM_WAY = "sam build, sam deploy unexecuted"
MODEL = """
from mlfn import model

@model(memory_mb=128, timeout_s=5)
def {name}(text: str) -> str:
    return "{word}" + text
"""
PIPELINES = """
from mlfn import pipeline
from first import first
from second import second
from third import third

@pipeline
def judge(text: str) -> str:
    return third(second(first(text)))

@pipeline(mode="async", timeout_s=60)
def judge_later(text: str) -> str:
    return third(first(text))
"""
PYPROJECT = '[project]\nname = "timed"\nversion = "1"\n\n[tool.mlfn]\nmodules = ["first", "second", "third", "app"]\n'


class Timed:
    """The app, in an emulator of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.words = 0
        (root / ".mlfn").mkdir(parents=True)
        (root / "pyproject.toml").write_text(PYPROJECT)
        (root / "app.py").write_text(PIPELINES)
        for name in ("first", "second", "third"):
            (root / f"{name}.py").write_text(MODEL.format(name=name, word=name))
        self.mlfn("emulator", "start", "--port", "0")

    def mlfn(self, *arguments: str) -> float:
        """Run a command; the seconds it took."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        started = time.perf_counter()
        command = [sys.executable, "-m", "mlfn_cli", *arguments]
        subprocess.run(command, cwd=self.root, env=environment, check=True, capture_output=True)
        return time.perf_counter() - started

    def changed(self, *how: str) -> float:
        """Seconds from the command's start to the first answer of another word."""
        self.words += 1
        (self.root / "first.py").write_text(MODEL.format(name="first", word=f"word {self.words} "))
        client = self._client()
        started = time.perf_counter()
        self.mlfn("deploy", *how)
        answer = client.invoke(FunctionName="timed-dev-first:live", Payload=b'"?"')
        took_s = time.perf_counter() - started
        assert json.loads(answer["Payload"].read()) == f"word {self.words} ?"
        return took_s

    def keys(self) -> dict[str, str]:
        """The emulator's address and root key pair."""
        found: dict[str, str] = json.loads((self.root / ".mlfn" / "emulator" / "credentials.json").read_text())
        return found

    def _client(self) -> Any:
        keys = self.keys()
        session: Any = boto3.session.Session(
            aws_access_key_id=keys["access_key"], aws_secret_access_key=keys["secret_key"], region_name=keys["region"]
        )
        return session.client("lambda", endpoint_url=keys["endpoint"])


def tell(took: dict[str, list[float]]) -> None:
    """Print medians, and each as a share of SAM's in the same run."""
    medians = {name: statistics.median(seconds) for name, seconds in took.items()}
    for name, seconds in took.items():
        wanted = f"wanted {TARGETS_S[name]} s, " if name in TARGETS_S else ""
        ratio = f", {medians[name] / medians[SAM_WAY]:.2f} x SAM" if SAM_WAY in medians and name != SAM_WAY else ""
        spread = f"median {medians[name]:.2f} s, at most {max(seconds):.2f} s"
        print(f"{name:<32} {spread} ({wanted}{len(seconds)} rounds){ratio}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rounds", type=int, nargs="?", default=5)
    rounds = parser.parse_args().rounds
    folder = Path(tempfile.mkdtemp())
    timed = Timed(folder / "timed")
    try:
        print(f"first deploy, base and platform included: {timed.mlfn('deploy'):.2f} s")
        ways: dict[str, Callable[[], float]] = {
            "code only, to the first answer": timed.changed,
            "no change": lambda: timed.mlfn("deploy"),
            "--fast, to the first answer": lambda: timed.changed("--fast"),
            "rollback": lambda: timed.mlfn("rollback"),
        }
        if SAM.exists():
            ways[SAM_WAY] = Sam(folder / "sam", timed.keys()).changed
        else:
            print(f"{SAM} is not there: see bench/deploying/sam.py")
        took: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                took[name].append(way())
        tell(took)
    finally:
        timed.mlfn("emulator", "stop")
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
