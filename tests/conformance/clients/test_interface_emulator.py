"""AWS's Runtime Interface Emulator drives an image of ours: the runtime works with Lambda's own Runtime API.

It takes one call at a time (two at once end it), and answers what the function said with status 200, whatever it was.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.clients.conftest import tool
from tests.conformance.fetch import RIE
from tests.fixtures.project import Project, free_port
from tests.fixtures.target import Target

APP = {
    "pyproject.toml": '[project]\nname = "acts"\nversion = "1"\n\n[tool.mlfn]\napp = "acts"\nmodules = ["app"]\n',
    "app.py": """
import os, sys, time
from dataclasses import dataclass
from mlfn import model

@dataclass
class Act:
    what: str
    seconds: float = 0.0

@model(memory_mb=128, timeout_s=2)
def act(act: Act) -> str:
    time.sleep(act.seconds)
    match act.what:
        case "raise":
            raise KeyError("nö")
        case "exit":
            os._exit(3)
    return act.what.upper()
""",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image of ours, unpacked: how to start it, and its digest."""

    command: list[str]
    environment: dict[str, str]
    working_dir: Path
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulated:
    """A function behind the Runtime Interface Emulator."""

    port: int
    table: Any

    def call(self, event: Any) -> tuple[int, Any]:
        """Status and parsed answer of a call."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        body = event if isinstance(event, bytes) else json.dumps(event)
        connection.request("POST", "/2015-03-31/functions/function/invocations", body)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, json.loads(text) if text.startswith(("{", '"')) else text

    def phases(self) -> list[str]:
        """The phase of every record in the audit table, in the order of the calls."""
        items = [item for item in self.table.scan()["Items"] if item["pk"].startswith("A#")]
        return [item["sk"].rpartition("#")[2] for item in sorted(items, key=lambda item: item["sk"])]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The image of `act`, built by the command line and unpacked as the OCI specification says."""
    root = tmp_path_factory.mktemp("image")
    project = Project(root=root / "project", port=0)
    for name, text in APP.items():
        project.write(name, text)
    (built,) = project.ok("build", "--json").json
    layout, tree = Path(built["location"]), root / "tree"

    def blob(digest: str) -> Path:
        return layout / "blobs" / "sha256" / digest.removeprefix("sha256:")

    manifest = json.loads(blob(built["digest"]).read_text())
    for layer in manifest["layers"]:
        with tarfile.open(blob(layer["digest"])) as archive:
            archive.extractall(tree, filter="data")
    config = json.loads(blob(manifest["config"]["digest"]).read_text())["config"]
    return _rebased(config, tree, built["digest"])


def _rebased(config: dict[str, Any], tree: Path, digest: str) -> Image:
    """An image that stands on this machine's Python (docs/architecture.md): its absolute paths below the tree."""

    def inside(value: str) -> str:
        parts = value.split(":")
        return ":".join(
            f"{tree}{part}" if part.startswith("/") and Path(f"{tree}{part}").exists() else part for part in parts
        )

    variables = dict(entry.split("=", 1) for entry in config["Env"])
    return Image(
        command=[inside(part) for part in (*config["Entrypoint"], *(config.get("Cmd") or ()))],
        environment={name: inside(value) for name, value in variables.items()},
        working_dir=Path(inside(config["WorkingDir"])),
        digest=digest,
    )


@pytest.fixture
def table(target: Target, name: str) -> Iterator[Any]:
    """An audit table of the test's own."""
    made = target.resource("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    made.wait_until_exists()
    yield made
    made.delete()


@pytest.fixture
def emulated(image: Image, table: Any, target: Target, tmp_path: Path) -> Iterator[Emulated]:
    """The image behind the Runtime Interface Emulator, with an audit table at the target."""
    port, api = free_port(), free_port()
    addresses = [
        "--runtime-interface-emulator-address",
        f"127.0.0.1:{port}",
        "--runtime-api-address",
        f"127.0.0.1:{api}",
    ]
    environment = {
        "PATH": os.environ["PATH"],
        **target.environment,
        **image.environment,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "2",
        "MLFN_AUDIT_TABLE": table.name,
        "MLFN_IMAGE_DIGEST": image.digest,
        "MLFN_STAGE": "dev",
    }
    with (tmp_path / "rie.log").open("wb") as log:
        process = subprocess.Popen(
            [tool(RIE, "rie"), *addresses, *image.command],
            cwd=image.working_dir,
            env=environment,
            stdout=log,
            stderr=log,
        )
    _wait_for(port)
    yield Emulated(port=port, table=table)
    process.terminate()
    process.wait(10)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    with socket.socket() as probe:
        while probe.connect_ex(("127.0.0.1", port)):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_model_answers_and_is_recorded(emulated: Emulated) -> None:
    first = emulated.call({"what": "ü"})
    second = emulated.call({"what": "again"})

    assert first == (200, "Ü")
    assert second[1] == "AGAIN"
    assert _eventually(emulated.phases, 2) == ["completed", "completed"]


def _eventually(read: Callable[[], list[str]], count: int) -> list[str]:
    """Records are put after the answer."""
    deadline = time.monotonic() + 60
    while len(found := read()) < count and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def test_an_exception_has_lambdas_shape_and_ends_nothing(emulated: Emulated) -> None:
    _, error = emulated.call({"what": "raise"})
    after = emulated.call({"what": "after"})

    assert (error["errorType"], error["errorMessage"]) == ("KeyError", "'nö'")
    assert any("raise KeyError" in line for line in error["stackTrace"])
    assert after[1] == "AFTER"
    assert _eventually(emulated.phases, 2) == ["error", "completed"]


@pytest.mark.parametrize(
    "event", [{"what": 1}, {}, b"{", b'{"what": "a", "seconds": NaN}'], ids=["type", "missing", "no JSON", "NaN"]
)
def test_what_breaks_the_contract_is_refused(emulated: Emulated, event: Any) -> None:
    _, error = emulated.call(event)
    after = emulated.call({"what": "after"})

    assert error["errorType"] == "ContractError", error
    assert after[1] == "AFTER"
    assert _eventually(emulated.phases, 2) == ["rejected", "completed"]


def test_a_call_that_takes_too_long_ends_and_the_next_one_works(emulated: Emulated) -> None:
    emulated.call({"what": "warm"})

    _, error = emulated.call({"what": "late", "seconds": 9.0})
    after = emulated.call({"what": "after"})

    assert re.search(r"Task timed out after 2.00 seconds", str(error))
    assert after[1] == "AFTER"


def test_a_runtime_that_ends_is_started_again(emulated: Emulated) -> None:
    _, error = emulated.call({"what": "exit"})
    after = emulated.call({"what": "after"})

    assert error["errorType"] == "Runtime.ExitError"
    assert after[1] == "AFTER"
