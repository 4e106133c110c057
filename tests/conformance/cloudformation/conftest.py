"""boto3 against an emulator in a process of its own."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import time
import urllib.request
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

REGION = "us-east-1"


class Emulator:
    """A process that can be killed and started again over the same state."""

    def __init__(self, state: Path) -> None:
        self.state = state
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "mlfn_localstack", "--state-dir", str(self.state), "--port", str(self.port)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                if (self.state / "credentials.json").exists():
                    return process
        raise TimeoutError("the emulator does not answer")

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def restart(self) -> None:
        self.process = self._start()

    def client(self, service: str, **settings: Any) -> Any:
        keys = json.loads((self.state / "credentials.json").read_text())
        defaults: dict[str, Any] = {
            "region_name": REGION,
            "endpoint_url": f"http://127.0.0.1:{self.port}",
            "aws_access_key_id": keys["access_key"],
            "aws_secret_access_key": keys["secret_key"],
            "config": Config(retries={"max_attempts": 0}),
        }
        return boto3.client(service, **(defaults | settings))  # type: ignore[call-overload]  # any service, by name

    def push(self, repository: str, text: str) -> str:
        """The digest of a pushed image that holds a text."""
        token = self.client("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
        assert b64decode(token).startswith(b"AWS:")
        headers = {"Authorization": f"Basic {token}"}
        layer, archive = _layer(text)
        config = json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "config": {
                    "Entrypoint": ["python3.11", "-m", "missing"],
                    "Labels": {"org.opencontainers.image.base.name": "host"},
                },
                "rootfs": {"type": "layers", "diff_ids": [_digest(archive)]},
            }
        ).encode()
        kind = "application/vnd.oci.image"
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{kind}.manifest.v1+json",
            "config": self._blob(repository, config, headers) | {"mediaType": f"{kind}.config.v1+json"},
            "layers": [self._blob(repository, layer, headers) | {"mediaType": f"{kind}.layer.v1.tar+gzip"}],
        }
        body = json.dumps(manifest).encode()
        self._http("PUT", f"/v2/{repository}/manifests/{text}", body,
                   headers | {"Content-Type": f"{kind}.manifest.v1+json"})  # fmt: skip
        return _digest(body)

    def _blob(self, repository: str, data: bytes, headers: dict[str, str]) -> dict[str, Any]:
        location = self._http("POST", f"/v2/{repository}/blobs/uploads/", b"", headers)
        mark = "&" if "?" in location else "?"
        binary = headers | {"Content-Type": "application/octet-stream"}
        self._http("PUT", f"{location}{mark}digest={_digest(data)}", data, binary)
        return {"digest": _digest(data), "size": len(data)}

    def _http(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> str:
        url = path if path.startswith("http") else f"http://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method)) as answer:  # noqa: S310 - our own loopback server
            return str(answer.headers.get("Location", ""))


def _layer(text: str) -> tuple[bytes, bytes]:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        entry = tarfile.TarInfo("var/task/text")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(target.getvalue(), mtime=0), target.getvalue()


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    one = Emulator(tmp_path_factory.mktemp("emulator"))
    yield one
    one.kill()
