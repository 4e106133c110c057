"""Images of functions, pushed to the emulator's registry."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import io
import json
import sys
import tarfile
import textwrap
from typing import Any

from tests.faults.emulator.functions import BOOTSTRAP

_KIND = "application/vnd.oci.image"


def push_function(ecr: Any, port: int, repository: str, code: str) -> str:
    """The URI of an image that runs `handler(event, headers)` of this code."""
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    registry = _Registry(port=port, repository=repository, authorization=f"Basic {token}")
    layer = _layer({"var/task/bootstrap": BOOTSTRAP.format(python=sys.executable), "var/task/app.py": code})
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {
            "Entrypoint": [sys.executable, "-S", "/var/task/bootstrap"],
            "WorkingDir": "/var/task",
            "Env": ["LAMBDA_TASK_ROOT=/var/task"],
            "Labels": {"org.opencontainers.image.base.name": "host"},
        },
        "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_KIND}.manifest.v1+json",
        "config": registry.push(json.dumps(config).encode()) | {"mediaType": f"{_KIND}.config.v1+json"},
        "layers": [registry.push(gzip.compress(layer, 1, mtime=0)) | {"mediaType": f"{_KIND}.layer.v1.tar+gzip"}],
    }
    body = json.dumps(manifest).encode()
    registry.call("PUT", f"manifests/{_digest(body)}", body, f"{_KIND}.manifest.v1+json")
    return f"127.0.0.1:{port}/{repository}@{_digest(body)}"


class _Registry:
    """One repository over the OCI distribution API."""

    def __init__(self, *, port: int, repository: str, authorization: str) -> None:
        self._port = port
        self._repository = repository
        self._authorization = authorization

    def push(self, data: bytes) -> dict[str, Any]:
        """A blob's digest and size, once it is there."""
        self.call("POST", f"blobs/uploads/?digest={_digest(data)}", data, "application/octet-stream")
        return {"digest": _digest(data), "size": len(data)}

    def call(self, method: str, path: str, body: bytes, kind: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        headers = {"Authorization": self._authorization, "Content-Type": kind}
        connection.request(method, f"/v2/{self._repository}/{path}", body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        assert answer.status == 201, (path, answer.status, content)


def _layer(files: dict[str, str]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            content = textwrap.dedent(text).encode()
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    return target.getvalue()


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
