"""The loop under the Runtime Interface Emulator: MLFN_RIE is its binary (aws-sam-cli: `samcli/local/rapid/`)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import __version__

RIE = os.environ.get("MLFN_RIE", "")
FRAMEWORK = Path(__file__).parents[3] / "framework"
SITE = Path(sys.prefix) / f"lib/python3.{sys.version_info[1]}/site-packages"
APP = """
def double(value: int) -> int:
    if value == 13:
        raise ValueError("unlucky")
    return value * 2
"""
pytestmark = pytest.mark.skipif(not RIE, reason="MLFN_RIE names no Runtime Interface Emulator")
Invoke = Callable[[bytes], Any]


@pytest.fixture
def invoke(tmp_path: Path) -> Iterator[Invoke]:
    """A function behind the emulator: bytes in, the answer's JSON out."""
    contract = {"core": {"type": "int", "strict": True}, "pydantic_core": __version__, "schema_digest": "cd" * 32}
    manifest = {"manifest": 1, "kind": "model", "name": "double", "id": "app.double", "version": "0123456789ab"}
    manifest |= {"artifact": "ab" * 32, "entrypoint": "app:double", "parameters": ["value"]}
    (tmp_path / "mlfn-manifest.json").write_text(json.dumps(manifest | {"input": contract, "output": contract}))
    (tmp_path / "app.py").write_text(APP)
    front, back = _port(), _port()
    command = [RIE, "--runtime-interface-emulator-address", f"127.0.0.1:{front}"]
    command += ["--runtime-api-address", f"127.0.0.1:{back}"]
    command += [sys.executable, "-S", "-c", "from mlfn.runtime.loop import main; main()"]
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{tmp_path}:{SITE}:{FRAMEWORK}"}
    with (tmp_path / "log").open("wb") as log:
        emulator = subprocess.Popen(
            command, env=environ | {"LAMBDA_TASK_ROOT": str(tmp_path)}, cwd=tmp_path, stdout=log, stderr=log
        )
    yield lambda body: _post(f"http://127.0.0.1:{front}/2015-03-31/functions/function/invocations", body)
    emulator.kill()
    emulator.wait()


def _port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _post(url: str, body: bytes) -> Any:
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, body, timeout=10) as answer:  # noqa: S310 - our own loopback URL
                return json.load(answer)
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise
            time.sleep(0.05)
    raise TimeoutError(url)


def test_answers_and_errors_pass_through_the_emulator(invoke: Invoke) -> None:
    assert invoke(b"21") == 42
    assert invoke(b"13") | {"requestId": "", "stackTrace": []} == {
        "errorMessage": "unlucky",
        "errorType": "ValueError",
        "requestId": "",
        "stackTrace": [],
    }
    assert invoke(b'"x"')["errorType"] == "ContractError"
    assert invoke(b"1" * 4000) == int("2" * 4000)
