"""A function process with what it talks to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import __version__
from tests.functional.runtime.servers import Answer, RuntimeApiServer, Server, Table

from mlfn.audit.lines import record_in
from mlfn.audit.record import AuditRecord

FRAMEWORK = Path(__file__).parents[3] / "framework"
PYDANTIC = Path(sys.prefix) / f"lib/python3.{sys.version_info[1]}/site-packages"
Event = Callable[..., dict[str, Any]]
Rewrite = Callable[..., None]
ARN = "arn:aws:lambda:us-east-1:123456789012:function:reviews-dev-sentiment"


class Function:
    """A function process with its Runtime API, table and log."""

    def __init__(self, root: Path, table: Table) -> None:
        self.root = root
        self.table = table
        self.api = RuntimeApiServer()
        self.log = root / "log.txt"
        self.process: subprocess.Popen[bytes] | None = None
        self._calls = 0

    def start(self, **environ: str) -> Function:
        env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{self.root}:{PYDANTIC}:{FRAMEWORK}",
            "AWS_LAMBDA_RUNTIME_API": self.api.server.address,
            "AWS_LAMBDA_FUNCTION_NAME": "reviews-dev-sentiment",
            "AWS_LAMBDA_FUNCTION_VERSION": "3",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "LAMBDA_TASK_ROOT": str(self.root),
            "MLFN_AUDIT_TABLE": "mlfn-audit-dev",
            "MLFN_IMAGE_DIGEST": "sha256:" + "ab" * 32,
            "AWS_ENDPOINT_URL": f"http://{self.table.server.address}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "token",
            **environ,
        }
        command = [sys.executable, "-S", "-c", "from mlfn.runtime.loop import main; main()"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=env, cwd=self.root, stdout=log, stderr=subprocess.STDOUT)
        return self

    @property
    def running(self) -> subprocess.Popen[bytes]:
        assert self.process is not None
        return self.process

    def invoke(
        self, event: Any, *, alias: str = "live", wait: bool = True, headers: dict[str, str] | None = None
    ) -> Answer:
        self._calls += 1
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        described = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": f"request-{self._calls}",
            "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 30_000),
            "Lambda-Runtime-Invoked-Function-Arn": f"{ARN}:{alias}" if alias else ARN,
            **(headers or {}),
        }
        assert self.api.waiting.acquire(timeout=10), self.log.read_text()
        self.api.events.put((described, body))
        return self.answer() if wait else Answer("", b"", {})

    def answer(self) -> Answer:
        return self.api.answers.get(timeout=10)

    def settle(self) -> None:
        """Wait until the function asks for its next event."""
        assert self.api.waiting.acquire(timeout=10), self.log.read_text()
        self.api.waiting.release()

    def lines(self, kind: bytes = b'{"mlfn_audit":') -> list[AuditRecord]:
        found = [record_in(line) for line in self.log.read_bytes().splitlines() if line.startswith(kind)]
        return [AuditRecord.from_wire(each[1]) for each in found if each]

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.api.server.shutdown()
        self.api.server.server_close()


TEXT = {"type": "str", "strict": True}
FLOAT = {"type": "float", "strict": True, "allow_inf_nan": False}


def dataclass_schema(reference: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "dataclass",
        "cls": {"$mlfn": reference},
        "cls_name": reference.partition(":")[2],
        "fields": list(fields),
        "strict": True,
        "schema": {
            "type": "dataclass-args",
            "dataclass_name": reference.partition(":")[2],
            "fields": [{"type": "dataclass-field", "name": name, "schema": each} for name, each in fields.items()],
        },
    }


def contract(core: Any) -> dict[str, Any]:
    return {"core": core, "pydantic_core": __version__, "schema_digest": "cd" * 32}


APP = """
from dataclasses import dataclass

@dataclass
class Review:
    text: str

@dataclass
class Sentiment:
    label: str
    score: float

def sentiment(review: Review) -> Sentiment:
    if review.text == "raise":
        raise KeyError(review.text)
    return Sentiment(label="good", score=0.5)
"""


@pytest.fixture
def table() -> Iterator[Table]:
    table = Table()
    yield table
    table.server.shutdown()
    table.server.server_close()


@pytest.fixture
def function(tmp_path: Path, table: Table) -> Iterator[Function]:
    """A function whose code is `app.py`; write the manifest with `manifest`, then `start` it."""
    function = Function(tmp_path, table)
    (tmp_path / "app.py").write_text(APP)
    write_manifest(tmp_path)
    yield function
    function.stop()


def write_manifest(root: Path, **changes: Any) -> None:
    values = {
        "manifest": 1,
        "kind": "model",
        "app": "reviews",
        "name": "sentiment",
        "id": "reviews.sentiment",
        "version": "0123456789ab",
        "artifact": "0123456789ab" + "00" * 26,
        "entrypoint": "app:sentiment",
        "load": None,
        "parameters": ["review"],
        "audit": {"mode": "standard"},
        "timeout_s": 30,
        "memory_mb": 512,
        "input": contract(dataclass_schema("app:Review", text=TEXT)),
        "output": contract(dataclass_schema("app:Sentiment", label=TEXT, score=FLOAT)),
        "allow": [],
        **changes,
    }
    (root / "mlfn-manifest.json").write_text(json.dumps(values))


@pytest.fixture
def manifest(function: Function) -> Callable[..., None]:
    """Rewrite the manifest with some keys changed."""
    return lambda **changes: write_manifest(function.root, **changes)


def gateway_event(body: str, **context: Any) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": "POST /models/sentiment",
        "rawPath": "/models/sentiment",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "requestId": "JKJaXmPLvHcESHA=",
            "http": {"method": "POST", "path": "/models/sentiment", "sourceIp": "203.0.113.7", "userAgent": "curl/8"},
            "authorizer": {"iam": {"userArn": "arn:aws:iam::123456789012:user/jane"}},
            **context,
        },
        "body": body,
        "isBase64Encoded": False,
    }


@pytest.fixture
def event() -> Callable[..., dict[str, Any]]:
    """An event as an HTTP API sends it."""
    return gateway_event


@pytest.fixture
def contract_of() -> Callable[[Any], dict[str, Any]]:
    """A manifest's contract around a core schema."""
    return contract


class StepFunctions:
    """Answers every operation with `answer`."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.status = 200
        self.answer: dict[str, Any] = {"status": "SUCCEEDED", "executionArn": "arn", "output": "1"}
        self.server = Server(self._answer)

    def _answer(self, _method: str, _path: str, headers: dict[str, str], body: bytes) -> Any:
        self.requests.append((headers["x-amz-target"], json.loads(body)))
        return self.status, {}, json.dumps(self.answer).encode()


@pytest.fixture
def states_server() -> Iterator[StepFunctions]:
    server = StepFunctions()
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture
def server_of() -> Callable[[Any], Server]:
    """An HTTP server around a function; the test ends it."""
    return Server
