"""`--target localstack` against MiniStack, an emulator of other people's."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.conformance.fetch import MINISTACK

PROJECT = '[project]\nname = "shop"\nversion = "1"\n\n[tool.mlfn]\nmodules = ["app"]\n'
MODEL = """
from mlfn import model

@model(memory_mb=128, timeout_s=10)
def price(text: str) -> str:
    return "{word} " + text
"""
PIPELINE = """
from mlfn import pipeline

@pipeline
def quote(text: str) -> str:
    return price(text)
"""
LIMIT_S = 60

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("ministack")]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "app.py").write_text(MODEL.format(word="first"))
    return folder


@contextmanager
def ministack(folder: Path, **settings: str) -> Iterator[str]:
    """A MiniStack of its own, in memory, at the URL that it gives."""
    if not MINISTACK.exists():
        if os.environ.get("CI"):
            pytest.fail("MiniStack is not there: python -m tests.conformance.fetch ministack")
        pytest.skip("MiniStack is not there: python -m tests.conformance.fetch ministack")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    own = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "TMPDIR": str(folder), "AWS_ENDPOINT_URL": url}
    with (folder / "ministack.log").open("wb") as log:
        command = [str(MINISTACK)]
        environment = {**without_aws(), **own, **settings}
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        await_answer(f"{url}/_localstack/health", process)
        yield url
    finally:
        process.terminate()
        process.wait(LIMIT_S)


def await_answer(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - loopback
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    pytest.fail("MiniStack does not answer.")


def without_aws() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MLFN_", "LOCALSTACK_"))}


def mlfn(project: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**without_aws(), "AWS_ENDPOINT_URL": url, "MLFN_TARGET": "localstack"}
    command = [sys.executable, "-m", "mlfn_cli", *arguments]
    return subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )


def done(project: Path, url: str, *arguments: str) -> str:
    """What a command that has to succeed prints."""
    answer = mlfn(project, url, *arguments)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def stacks(url: str) -> list[str]:
    session: Any = boto3.session.Session("test", "test", region_name="us-east-1")
    client = session.client("cloudformation", endpoint_url=url)
    return sorted(
        each["StackName"] for each in client.describe_stacks()["Stacks"] if "DELETE" not in each["StackStatus"]
    )


def test_models_are_deployed_called_recorded_changed_rolled_back_and_destroyed(shop: Path, tmp_path: Path) -> None:
    with ministack(tmp_path) as url:
        done(shop, url, "deploy")
        assert json.loads(done(shop, url, "invoke", "price", '"?"', "--direct")) == "first ?"
        (record,) = json.loads(done(shop, url, "audit", "price", "--json"))
        assert (record["model"], record["status"]) == ("shop.price", "ok")
        assert "Nothing to do" in done(shop, url, "deploy")

        (shop / "app.py").write_text(MODEL.format(word="second"))
        done(shop, url, "deploy")
        assert json.loads(done(shop, url, "invoke", "price", '"?"', "--direct")) == "second ?"
        done(shop, url, "rollback")
        assert json.loads(done(shop, url, "invoke", "price", '"?"', "--direct")) == "first ?"

        assert "invoked alias" in done(shop, url, "doctor")
        done(shop, url, "destroy", "--yes")
        assert stacks(url) == ["mlfn-base-dev"]


def test_what_it_lacks_is_told_before_anything_is_made(shop: Path, tmp_path: Path) -> None:
    with ministack(tmp_path, AUTH="true") as url:
        refused = mlfn(shop, url, "deploy")
        assert refused.returncode == 1
        assert "no call would be recorded" in refused.stderr
        assert stacks(url) == []


def test_pipelines_are_refused_and_nothing_is_made(shop: Path, tmp_path: Path) -> None:
    with (shop / "app.py").open("a") as app:
        app.write(PIPELINE)
    with ministack(tmp_path) as url:
        refused = mlfn(shop, url, "plan")
        assert refused.returncode == 1
        assert "StateMachineVersion" in refused.stderr
        assert stacks(url) == []
