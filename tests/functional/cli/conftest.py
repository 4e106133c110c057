"""A project on disk with an emulator of its own, driven through the command line as a user would."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SHOP = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n[tool.mlfn]\napp = "shop"\nmodules = ["app", "pricing", "mood"]\n',
    "shapes.py": """
from dataclasses import dataclass

@dataclass
class Order:
    item: str
    count: int

@dataclass
class Price:
    item: str
    cents: int
""",
    "pricing.py": """
from mlfn import model
from shapes import Order, Price

@model(memory_mb=128, timeout_s=5)
def price(order: Order) -> Price:
    if order.count > 100:
        raise ValueError("too many")
    return Price(item=order.item, cents=250 * order.count)
""",
    "mood.py": """
from mlfn import model

@model(memory_mb=128, timeout_s=5)
def mood(text: str) -> str:
    return "happy" if "!" in text else "calm"
""",
    "app.py": """
from mlfn import pipeline
from pricing import price
from shapes import Order, Price

@pipeline
def quote(orders: list[Order]) -> list[Price]:
    return [price(order) for order in orders]

@pipeline(mode="async", timeout_s=60)
def quote_later(orders: list[Order]) -> list[Price]:
    return [price(order) for order in orders]
""",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    root: Path
    port: int

    def mlfn(self, *arguments: str, stdin: str = "") -> Outcome:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        done = subprocess.run(
            [sys.executable, "-m", "mlfn_cli", *arguments],
            cwd=self.root,
            input=stdin,
            capture_output=True,
            text=True,
            env=environment | {"NO_COLOR": "1", "COLUMNS": "160"},
            check=False,
        )
        return Outcome(code=done.returncode, out=done.stdout, err=done.stderr)

    def ok(self, *arguments: str, stdin: str = "") -> Outcome:
        outcome = self.mlfn(*arguments, stdin=stdin)
        assert outcome.code == 0, f"mlfn {' '.join(arguments)}\n{outcome.out}\n{outcome.err}"
        return outcome

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def start_emulator(self) -> None:
        self.ok("emulator", "start", "--port", str(self.port))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """An empty project; its emulator, if a test starts one, ends with the test."""
    made = Project(root=tmp_path / "shop", port=free_port())
    made.root.mkdir()
    yield made
    made.mlfn("emulator", "stop")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The shop, deployed once for all tests of a module."""
    made = Project(root=tmp_path_factory.mktemp("deployed") / "shop", port=free_port())
    for name, text in SHOP.items():
        made.write(name, text)
    made.start_emulator()
    made.ok("deploy")
    yield made
    made.mlfn("emulator", "stop")
