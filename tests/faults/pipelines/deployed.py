"""Generated pipelines as deployed functions and state machines: real images, real contracts, real errors."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import boto3
from tests.conformance.pipelines import vocabulary
from tests.conformance.pipelines.differential import compiled
from tests.conformance.pipelines.generator import item_data, pipeline_source
from tests.conformance.pipelines.machines import ended, in_process
from tests.fixtures.project import Project, free_port

PYPROJECT = """
[project]
name = "generated"
version = "1"

[tool.mlfn]
app = "generated"
modules = ["vocabulary", "app"]
"""
HEAD = """from typing import Any
from mlfn import Retry, Timeout, limit, parallel, pipeline, step, wait
from vocabulary import *
"""
PATIENCE_S = 300
AN_APP = 10
"""As many pipelines as a template has room for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """A generated pipeline with its number in the app."""

    number: int
    source: str
    inputs: tuple[dict[str, Any], ...]

    def declared(self) -> str:
        """Its source as the app declares it."""
        text = self.source.replace("inner(", f"inner{self.number}(").replace("generated(", f"p{self.number}(")
        return re.sub(r"^def ", '@pipeline(mode="async", timeout_s=300)\ndef ', text, flags=re.MULTILINE)


def some(count: int, seed: int) -> Iterator[Generated]:
    """So many pipelines that need no memory of earlier calls, and wait for nothing."""
    random, number = Random(f"{seed}/deployed"), 0
    while number < count:
        source = re.sub(r"wait\(\d\)", "wait(0)", pipeline_source(random))
        if "flaky" not in source:
            yield Generated(number=number, source=source, inputs=tuple(item_data(random) for _ in range(2)))
            number += 1


def compare_deployed(count: int, seed: int, directory: Path) -> int:
    """Deploy pipelines to an emulator of their own and assert that each ends as in process; the number of runs."""
    project = Project(root=directory, port=free_port())
    pipelines = list(some(count, seed))
    project.write("pyproject.toml", PYPROJECT)
    project.write("vocabulary.py", Path(vocabulary.__file__).read_text(encoding="utf-8"))
    project.start_emulator()
    try:
        return sum(_deploy(project, pipelines[first : first + AN_APP]) for first in range(0, count, AN_APP))
    finally:
        project.mlfn("emulator", "stop")


def _deploy(project: Project, pipelines: list[Generated]) -> int:
    """Make an app of these pipelines and compare each."""
    project.write("app.py", "\n\n".join([HEAD, *(each.declared() for each in pipelines)]))
    project.ok("deploy", "--allow-breaking")
    return sum(_compare(project, each) for each in pipelines)


def _compare(project: Project, pipeline: Generated) -> int:
    generated, _ = compiled(pipeline.source)
    for data in pipeline.inputs:
        vocabulary.forget()
        expected = in_process(generated, data)
        found = ended(_run(project, f"p{pipeline.number}", data))
        assert found == expected, f"{pipeline.source}\n{json.dumps(data)}\nmachine: {found}\nprocess: {expected}"
    return len(pipeline.inputs)


def _run(project: Project, name: str, data: dict[str, Any]) -> dict[str, Any]:
    keys = json.loads((project.root / ".mlfn" / "emulator" / "credentials.json").read_text(encoding="utf-8"))
    client = boto3.client(
        "stepfunctions",
        endpoint_url=keys["endpoint"],
        region_name=keys["region"],
        aws_access_key_id=keys["access_key"],
        aws_secret_access_key=keys["secret_key"],
    )
    machine = f"arn:aws:states:{keys['region']}:{keys['account_id']}:stateMachine:generated-dev-{name}"
    started = client.start_execution(stateMachineArn=machine, input=json.dumps({"input": data}))
    described: Any = {"status": "RUNNING"}
    give_up = time.monotonic() + PATIENCE_S
    while described["status"] == "RUNNING" and time.monotonic() < give_up:
        time.sleep(0.05)
        described = client.describe_execution(executionArn=started["executionArn"])
    return dict(described)
