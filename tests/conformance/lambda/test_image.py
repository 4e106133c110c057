"""An image pushed through the registry runs, is versioned and called through its alias, all through real clients."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.fixtures.lambda_lab import PYTHON, RUNTIME, layer_of

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

LAMBDA_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


class Registry:
    """Pushes with the OCI distribution API."""

    def __init__(self, emulator: LiveEmulator, repository: str) -> None:
        ecr = emulator.client("ecr")
        self.uri = ecr.create_repository(repositoryName=repository)["repository"]["repositoryUri"]
        self.token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        self.repository = repository
        self.netloc = urlsplit(emulator.endpoint).netloc

    def push(self, code: str) -> str:
        """The URI, by digest, of an image that runs this code on the machine's own Python."""
        layer = gzip.compress(layer_of({"var/task/app.py": code, "opt/boot.py": RUNTIME}), mtime=0)
        config = {
            "architecture": "amd64",
            "os": "linux",
            "config": {
                "Entrypoint": [PYTHON, "-u", "/opt/boot.py"],
                "Env": ["PYTHONPATH=/var/task"],
                "WorkingDir": "/var/task",
                "Labels": {"org.opencontainers.image.base.name": "host"},
            },
            "rootfs": {"type": "layers", "diff_ids": []},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": self._blob(json.dumps(config).encode(), "config.v1+json"),
            "layers": [self._blob(layer, "layer.v1.tar+gzip")],
        }
        body = json.dumps(manifest).encode()
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        self._send("PUT", f"manifests/{digest}", body, str(manifest["mediaType"]))
        return f"{self.uri}@{digest}"

    def _blob(self, data: bytes, kind: str) -> dict[str, Any]:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self._send("POST", f"blobs/uploads/?digest={digest}", data, "application/octet-stream")
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": digest, "size": len(data)}

    def _send(self, method: str, path: str, body: bytes, content_type: str) -> None:
        connection = http.client.HTTPConnection(self.netloc)
        headers = {"Authorization": f"Basic {self.token}", "Content-Type": content_type}
        connection.request(method, f"/v2/{self.repository}/{path}", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        assert answer.status == 201, text


def test_an_image_is_pushed_versioned_and_called_by_its_alias(emulator: LiveEmulator) -> None:
    registry = Registry(emulator, "conformance-image")
    iam, client = emulator.client("iam"), emulator.client("lambda")
    role = iam.create_role(RoleName="image-role", AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]
    first = registry.push("import os\ndef handler(e, c):\n    return [1, os.environ['AWS_LAMBDA_FUNCTION_VERSION']]")
    second = registry.push("def handler(e, c):\n    return [2]")

    client.create_function(FunctionName="image", Role=role, PackageType="Image", Code={"ImageUri": first}, Publish=True)
    client.create_alias(FunctionName="image", Name="live", FunctionVersion="1")
    client.update_function_code(FunctionName="image", ImageUri=second)
    client.get_waiter("function_updated_v2").wait(FunctionName="image")
    answers = [
        json.load(client.invoke(FunctionName="image", Qualifier=qualifier)["Payload"])
        for qualifier in ("live", "$LATEST")
    ]

    assert answers == [[1, "1"], [2]]
    assert client.get_function(FunctionName="image")["Code"]["ResolvedImageUri"] == second
