"""An app with a model that ends badly, deployed once with the platform's functions beside it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from tests.fixtures.project import Project, free_port

from mlfn_localstack.process import read_credentials

PROJECT = """
[project]
name = "frail"
version = "1"

[tool.mlfn]
app = "frail"
modules = ["app", "broken"]
"""
BROKEN = """
import os

from mlfn import model

if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    raise RuntimeError("this environment cannot start")


@model(memory_mb=128, timeout_s=1)
def broken(how: str) -> str:
    return how
"""
APP = """
import ctypes
import os
import time

from mlfn import model


@model(memory_mb=128, timeout_s=1)
def task(how: str) -> str:
    match how:
        case "sleep":
            time.sleep(30)
        case "exit":
            os._exit(3)
        case "segfault":
            ctypes.string_at(0)
        case "hunger":
            held = []
            while True:
                held.append(b"x" * 10_000_000)
    return how


@model(memory_mb=128, audit_shards=8)
def spread(how: str) -> str:
    return how
"""
PATIENCE_S = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A deployed stage."""

    project: Project

    def client(self, service: str) -> Any:
        keys = read_credentials(self.project.root / ".mlfn" / "emulator")
        assert keys is not None
        return boto3.client(
            service,  # type: ignore[call-overload]  # the name is not a literal here
            endpoint_url=keys.endpoint,
            region_name=keys.region,
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
        )

    def call(self, how: str, model: str = "task") -> Any:
        """What Lambda says to a direct call."""
        answer = self.client("lambda").invoke(
            FunctionName=f"frail-dev-{model}", Qualifier="live", Payload=json.dumps(how).encode()
        )
        return json.loads(answer["Payload"].read())

    def run(self, function: str, event: dict[str, Any] | None = None) -> Any:
        """What one of the platform's functions returns."""
        answer = self.client("lambda").invoke(FunctionName=f"mlfn-{function}-dev", Payload=json.dumps(event or {}))
        result = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, result
        return result

    def audit(self, model: str = "task") -> list[dict[str, Any]]:
        """The rows of `mlfn audit`."""
        rows: list[dict[str, Any]] = self.project.ok("audit", model, "--json").json
        return rows

    def statuses(self) -> list[str]:
        """How the calls ended, in the order of their start."""
        items = self.client("dynamodb").scan(TableName="mlfn-audit-dev", ConsistentRead=True)["Items"]
        items = [item for item in items if "st" in item and item["pk"]["S"].startswith("A#frail.task#")]
        ends = sorted((item["sk"]["S"], item["st"]["S"]) for item in items)
        return [status for _, status in ends]

    @contextmanager
    def without_table(self, *functions: str) -> Iterator[None]:
        """The table refuses these functions."""
        iam, functions_ = self.client("iam"), self.client("lambda")
        deny = {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
        arns = [functions_.get_function_configuration(FunctionName=name)["Role"] for name in functions]
        roles = [arn.rpartition("/")[2] for arn in arns]
        for role in roles:
            iam.put_role_policy(RoleName=role, PolicyName="outage", PolicyDocument=document)
        try:
            yield
        finally:
            for role in roles:
                iam.delete_role_policy(RoleName=role, PolicyName="outage")

    def metric(self, name: str) -> float:
        """The sum of one of the platform's own metrics."""
        now = time.time()
        answer = self.client("cloudwatch").get_metric_statistics(
            Namespace="mlfn",
            MetricName=name,
            Dimensions=[{"Name": "service", "Value": "mlfn-audit-dev"}],
            StartTime=now - 3_600,
            EndTime=now + 60,
            Period=60,
            Statistics=["Sum"],
        )
        return float(sum(point["Sum"] for point in answer["Datapoints"]))


def until(condition: Callable[[], Any]) -> Any:
    """What a condition gives once it holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The app, deployed once for all tests of a module."""
    made = Project(root=tmp_path_factory.mktemp("platform") / "frail", port=free_port(), runs_here=True)
    made.write("pyproject.toml", PROJECT)
    made.write("app.py", APP)
    made.write("broken.py", BROKEN)
    made.start_emulator()
    made.ok("deploy")
    yield Stage(project=made)
    made.mlfn("emulator", "stop")
