"""Image layers and manifests, pushed over the OCI distribution API."""

from __future__ import annotations

import hashlib
import http.client
import json
from random import Random
from typing import Any

from botocore.exceptions import ConnectionClosedError
from tests.faults.emulator.kill.tally import Tally

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class RegistryLoad:
    """One client that pushes images of one layer."""

    def __init__(self, ecr: Any, port: int) -> None:
        self.name = "registry"
        self.tally = Tally()
        self._ecr = ecr
        self._port = port
        self._authorization = ""
        self._pushed: dict[str, str] = {}
        """Tag → the digest of its manifest."""

    def prepare(self) -> None:
        """A repository, and the password for it."""
        self._ecr.create_repository(repositoryName="faults")
        answer = self._ecr.get_authorization_token()
        self._authorization = f"Basic {answer['authorizationData'][0]['authorizationToken']}"

    def work(self, round_number: int, rng: Random) -> None:
        """Push an image."""
        layer, config = self._push(rng.randbytes(rng.choice((100, 20_000)))), self._push(b'{"os": "linux"}')
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": config | {"mediaType": "application/vnd.oci.image.config.v1+json"},
            "layers": [layer | {"mediaType": "application/vnd.oci.image.layer.v1.tar"}],
        }
        body = json.dumps(manifest).encode()
        tag = f"r{round_number:04}-{self.tally.acknowledged}"
        self._call("PUT", f"manifests/{tag}", 201, body, {"Content-Type": _MANIFEST})
        self._pushed[tag] = hashlib.sha256(body).hexdigest()
        self.tally.acknowledged += 1

    def check(self, round_number: int) -> None:
        """Every image of the round, with its blobs."""
        for tag, digest in self._pushed.items():
            if tag.startswith(f"r{round_number:04}-"):
                self._check(tag, digest)

    def finish(self) -> None:
        """Every image once more."""
        for tag, digest in self._pushed.items():
            self._check(tag, digest)

    def _check(self, tag: str, digest: str) -> None:
        manifest = self._call("GET", f"manifests/{tag}", 200)
        if hashlib.sha256(manifest).hexdigest() != digest:
            self.tally.lost.append(f"{tag}: its manifest")
            return
        document = json.loads(manifest)
        for entry in (document["config"], *document["layers"]):
            blob = self._call("GET", f"blobs/{entry['digest']}", 200)
            if f"sha256:{hashlib.sha256(blob).hexdigest()}" != entry["digest"]:
                self.tally.lost.append(f"{tag}: {entry['digest']}")

    def _push(self, data: bytes) -> dict[str, Any]:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self._call("POST", f"blobs/uploads/?digest={digest}", 201, data)
        return {"digest": digest, "size": len(data)}

    def _call(
        self, method: str, path: str, status: int, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            given = {"Authorization": self._authorization, **(headers or {})}
            connection.request(method, f"/v2/faults/{path}", body, given)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise ConnectionClosedError(endpoint_url=path) from error
        finally:
            connection.close()
        if answer.status != status:
            where = self.tally.lost if method == "GET" else self.tally.wrong
            where.append(f"{method} {path}: {answer.status} {content[:200]!r}")
        return content
