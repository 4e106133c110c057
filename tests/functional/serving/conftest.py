"""An image's runtime as a container would start it: an HTTP server, no Lambda around it."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.project import free_port
from tests.functional.runtime.conftest import FRAMEWORK, PYDANTIC, contract
from tests.functional.runtime.servers import Table

APP = """
import os, sys, time

def act(what: str) -> str:
    if what.startswith("sleep"):
        time.sleep(float(what[5:]))
    if what == "raise":
        raise ValueError("no")
    if what == "exit":
        os._exit(3)
    return f"{what} {os.getpid()}"
"""


class Served:
    """A running server."""

    def __init__(self, root: Path, table: Table, **environ: str) -> None:
        self.port = free_port()
        self.log = root / "log.txt"
        self.table = table
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{root}:{PYDANTIC}:{FRAMEWORK}",
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
            "MLFN_AUDIT_TABLE": "mlfn-audit-dev",
            "AWS_ENDPOINT_URL": f"http://{table.server.address}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            **environ,
        }
        command = [sys.executable, "-S", "-c", "from mlfn.runtime.loop import main; main()"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, cwd=root, stdout=log, stderr=log)

    def request(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], Any]:
        """Status, headers by lower-case name, and parsed body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, json.loads(text) if text else None
        finally:
            connection.close()

    def call(self, what: Any) -> tuple[int, Any]:
        """Status and body of a call."""
        status, _, body = self.request("POST", "/models/act", json.dumps(what).encode())
        return status, body

    def wait(self) -> Served:
        """The server, once it is ready."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if self.request("GET", "/health")[0] == 200:
                    return self
            except ConnectionError:
                pass
            time.sleep(0.02)
        raise AssertionError(self.log.read_text())

    def stop(self) -> int:
        """Ask it to end; its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(60)


Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers of `act`, with other settings of the manifest or the environment."""
    table = Table()
    started: list[Served] = []

    def start(app: str = APP, *, timeout_s: int = 20, **environ: str) -> Served:
        text = contract({"type": "str", "strict": True})
        manifest = {"manifest": 1, "kind": "model", "app": "acts", "name": "act", "id": "acts.act"}
        manifest |= {"version": "0123456789ab", "artifact": "ab" * 32, "entrypoint": "app:act", "parameters": ["what"]}
        manifest |= {"timeout_s": timeout_s, "input": text, "output": text}
        (tmp_path / "mlfn-manifest.json").write_text(json.dumps(manifest))
        (tmp_path / "app.py").write_text(app)
        started.append(Served(tmp_path, table, **environ))
        return started[-1]

    yield start
    for server in started:
        server.stop()
    table.server.shutdown()
    table.server.server_close()
