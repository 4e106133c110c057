"""Large things through deployed pipelines, on the emulator: a 20 MB image through three steps, a map of 1,000 items.

    .venv/bin/python bench/pipelines.py [rounds] [--json]

Each image step opens the blob, changes a byte and gives a new one; beside it the same image passed on by steps that do
not open it, a value of 3 MB that is no blob (spilled as JSON), and an image of 1 KB, which shows what the steps
themselves take. The map has 40 at once, its items small, then of 2 KB, so that the answers together do not fit
between states.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlfn import Blob, Client

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGE_BYTES = 20 * 1024 * 1024
ITEMS = 1_000
MODELS = """
from mlfn import Blob, model

@model(memory_mb=1024, timeout_s=20)
def turn(image: Blob) -> Blob:
    content = bytearray(image.bytes)
    content[0] ^= 1
    return Blob.from_bytes(bytes(content), image.content_type)

@model(memory_mb=512, timeout_s=20)
def hand_on(image: Blob) -> Blob:
    return image

@model(memory_mb=1024, timeout_s=20)
def repeat(text: str) -> str:
    return text[::-1]

@model(memory_mb=128, timeout_s=20)
def mark(text: str) -> str:
    return text + "!"

@model(memory_mb=256, timeout_s=20)
def count(texts: list[str]) -> int:
    return sum(map(len, texts))
"""
PIPELINES = """
from mlfn import Blob, limit, pipeline
from models import count, hand_on, mark, repeat, turn

@pipeline
def turned(image: Blob) -> Blob:
    return turn(turn(turn(image)))

@pipeline
def handed_on(image: Blob) -> Blob:
    return hand_on(hand_on(hand_on(image)))

@pipeline(mode="async", timeout_s=300)
def spilled(text: str) -> int:
    return count([repeat(repeat(repeat(text)))])

@pipeline(mode="async", timeout_s=300)
def mapped(texts: list[str]) -> int:
    return count([mark(text) for text in limit(texts, 40)])
"""
PYPROJECT = '[project]\nname = "large"\nversion = "1"\n\n[tool.mlfn]\nmodules = ["models", "app"]\n'


class Large:
    """The app, in an emulator of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / ".mlfn").mkdir(parents=True)
        for name, text in (("pyproject.toml", PYPROJECT), ("models.py", MODELS), ("app.py", PIPELINES)):
            (root / name).write_text(text)
        self.mlfn("emulator", "start", "--port", "0")
        self.mlfn("deploy")
        keys = json.loads((root / ".mlfn" / "emulator" / "credentials.json").read_text())
        os.environ |= {
            "AWS_ACCESS_KEY_ID": keys["access_key"],
            "AWS_SECRET_ACCESS_KEY": keys["secret_key"],
            "AWS_REGION": keys["region"],
            "AWS_ENDPOINT_URL": keys["endpoint"],
        }
        self.client = Client("large")

    def mlfn(self, *arguments: str) -> None:
        """Run a command."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        command = [sys.executable, "-m", "mlfn_cli", *arguments]
        subprocess.run(command, cwd=self.root, env=environment, check=True, capture_output=True)

    def image(self, pipeline: str, content: bytes) -> None:
        """An image through three steps and back to the caller."""
        sent = Blob.from_bytes(content, "image/png")
        came = Blob(**self.client.run(pipeline, sent))
        assert came.bytes[1:] == content[1:]

    def text(self, pipeline: str, value: Any, expected: int) -> None:
        """A value through an asynchronous pipeline, to its result."""
        assert self.client.start(pipeline, value).result() == expected


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rounds", type=int, nargs="?", default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rounds = options.rounds
    folder = Path(tempfile.mkdtemp(prefix="mlfn-bench-"))
    app = Large(folder / "large")
    image = random.Random(1).randbytes(IMAGE_BYTES)  # noqa: S311 - any content will do
    small, medium = [str(number) for number in range(ITEMS)], ["x" * 2_000] * ITEMS
    ways: dict[str, Callable[[], None]] = {
        "image of 20 MB, 3 steps that change it": lambda: app.image("turned", image),
        "image of 20 MB, 3 steps that pass it on": lambda: app.image("handed_on", image),
        "image of 1 KB, 3 steps that change it": lambda: app.image("turned", image[:1024]),
        "value of 3 MB, 3 steps (spilled)": lambda: app.text("spilled", "x" * 3_000_000, 3_000_000),
        "map of 1,000 small items, 40 at once": lambda: app.text("mapped", small, sum(map(len, small)) + ITEMS),
        "map of 1,000 items of 2 KB, 40 at once": lambda: app.text("mapped", medium, ITEMS * 2_001),
    }
    try:
        figures = {name: measured(way, rounds) for name, way in ways.items()}
    finally:
        app.mlfn("emulator", "stop")
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for name, (median_ms, fastest_ms) in figures.items():
        print(f"{name:42} median {median_ms:8.0f} ms   fastest {fastest_ms:8.0f} ms   ({rounds} rounds)")


def measured(way: Callable[[], None], rounds: int) -> tuple[float, float]:
    """The median and the fastest of some rounds, in milliseconds; a round before them starts the environments."""
    way()
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        way()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times), min(times)


if __name__ == "__main__":
    main()
