"""A project for Knative, a registry on loopback, and a kubectl of a cluster in a file."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.fixtures.project import Project
from tests.functional.build.base_layouts import usable_base
from tests.functional.build.faulty_registry import FaultyRegistry

SETTINGS = """
[project]
name = "shop"
version = "1"

[tool.mlfn]
app = "shop"
modules = ["mood"]
base = "oci:base"

[tool.mlfn.stages.dev]
region = "eu-central-1"
account = "123456789012"

[tool.mlfn.knative]
registry = "{registry}/shop"
namespace = "models-{{stage}}"
context = "kind-dev"
concurrency = 2
max-scale = 5
env = {{ TONE = "kind" }}
secrets = {{ AWS_ACCESS_KEY_ID = "mlfn-aws/id", AWS_SECRET_ACCESS_KEY = "mlfn-aws/secret" }}
"""
MOOD = """
from mlfn import model

@model(memory_mb=512, timeout_s=5, provisioned=3)
def mood(text: str) -> str:
    return "happy" if "!" in text else "calm"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """The project, and what its cluster was asked."""

    project: Project
    registry: FaultyRegistry
    home: Path

    def calls(self, verb: str) -> list[dict[str, Any]]:
        """How kubectl was called with a verb."""
        log = self.home / "calls.jsonl"
        lines = log.read_text().splitlines() if log.exists() else []
        return [call for call in map(json.loads, lines) if verb in call["arguments"]]

    def services(self) -> list[Any]:
        """What `mlfn render` gives."""
        return list(yaml.safe_load_all(self.project.ok("render").out))


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A shop with one model; nothing is deployed."""
    registry, home = FaultyRegistry(), tmp_path / "bin"
    home.mkdir()
    script = (Path(__file__).parent / "fake_kubectl.py").read_text()
    (home / "kubectl").write_text(f"#!{sys.executable}\n{script}")
    (home / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{home}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("MLFN_TARGET", "knative")
    project = Project(root=tmp_path / "shop", port=0, runs_here=True)
    project.write("pyproject.toml", SETTINGS.format(registry=registry.endpoint.removeprefix("http://")))
    project.write("mood.py", MOOD)
    usable_base(project.root / "base")
    yield Shop(project=project, registry=registry, home=home)
    registry.close()
