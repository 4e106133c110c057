"""ECR and its registry, with boto3 and the OCI distribution API."""

from __future__ import annotations

import hashlib
import http.client
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures.emulator import LiveEmulator

TYPE = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture
def call(emulator: LiveEmulator) -> Callable[..., tuple[int, dict[str, str], bytes]]:
    """Requests to the registry with a password from ECR."""
    token = emulator.client("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]

    def send(
        method: str, path: str, body: bytes = b"", authorization: str = f"Basic {token}", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(emulator.endpoint.removeprefix("http://"))
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Authorization": authorization} | sent)
        answer = connection.getresponse()
        received = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, received

    return send


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _push(call: Any, repository: str, layer: bytes, tag: str) -> tuple[int, bytes]:
    config = b"{}"
    for blob in (config, layer):
        _, headers, _ = call("POST", f"/v2/{repository}/blobs/uploads/")
        location = headers["location"]
        half = len(blob) // 2
        if half:
            call("PATCH", location, blob[:half], Content_Range=f"0-{half - 1}")
        status, _, _ = call("PUT", f"{location}?digest={_digest(blob)}", blob[half:])
        assert status == 201
    manifest = {
        "schemaVersion": 2,
        "mediaType": TYPE,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": _digest(config), "size": 2},
        "layers": [{"mediaType": "x.tar", "digest": _digest(layer), "size": len(layer)}],
    }
    body = json.dumps(manifest).encode()
    status, _, _ = call("PUT", f"/v2/{repository}/manifests/{tag}", body, Content_Type=TYPE)
    return status, body


def test_a_pushed_image_is_found_by_tag_and_digest(emulator: LiveEmulator, call: Any) -> None:
    ecr = emulator.client("ecr")
    ecr.create_repository(repositoryName="team/pushed")
    status, manifest = _push(call, "team/pushed", b"layer" * 500_000, "v1")

    assert status == 201
    assert call("GET", "/v2/team/pushed/manifests/v1")[2] == manifest
    assert call("GET", f"/v2/team/pushed/blobs/{_digest(b'layer' * 500_000)}")[2] == b"layer" * 500_000
    found = ecr.batch_get_image(repositoryName="team/pushed", imageIds=[{"imageDigest": _digest(manifest)}])
    assert found["images"][0]["imageManifest"].encode() == manifest
    assert json.loads(call("GET", "/v2/team/pushed/tags/list")[2])["tags"] == ["v1"]


def test_deleting_a_repository_removes_its_blobs(emulator: LiveEmulator, call: Any) -> None:
    ecr = emulator.client("ecr")
    ecr.create_repository(repositoryName="short-lived")
    _push(call, "short-lived", b"only here", "v1")
    blob = emulator.state_dir / "blobs" / "sha256" / _digest(b"only here").removeprefix("sha256:")
    assert blob.exists()

    with pytest.raises(ClientError, match="RepositoryNotEmptyException"):
        ecr.delete_repository(repositoryName="short-lived")
    ecr.delete_repository(repositoryName="short-lived", force=True)
    assert not blob.exists()


def test_deleting_an_image_removes_the_blobs_that_no_other_has(emulator: LiveEmulator, call: Any) -> None:
    ecr = emulator.client("ecr")
    ecr.create_repository(repositoryName="shrinking")
    _push(call, "shrinking", b"only in the first", "one")
    _push(call, "shrinking", b"only in the second", "two")

    ecr.batch_delete_image(repositoryName="shrinking", imageIds=[{"imageTag": "one"}])

    blobs = emulator.state_dir / "blobs" / "sha256"
    assert not (blobs / _digest(b"only in the first").removeprefix("sha256:")).exists()
    assert (blobs / _digest(b"only in the second").removeprefix("sha256:")).exists()


def test_an_immutable_tag_does_not_move(emulator: LiveEmulator, call: Any) -> None:
    emulator.client("ecr").create_repository(repositoryName="fixed", imageTagMutability="IMMUTABLE")

    assert _push(call, "fixed", b"one", "v1")[0] == 201
    assert _push(call, "fixed", b"one", "v1")[0] == 201
    assert _push(call, "fixed", b"two", "v1")[0] == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/absent/manifests/v1", 404),
        ("POST", "/v2/absent/blobs/uploads/", 404),
        ("PUT", "/v2/hostile/blobs/uploads/made-up?digest=x", 404),
        ("PUT", "/v2/hostile/manifests/v1", 400),
        ("GET", "/v2/../../etc/passwd", 404),
        ("BREW", "/v2/", 404),
    ],
)
def test_a_wrong_request_is_a_client_error(
    emulator: LiveEmulator, call: Any, method: str, path: str, status: int
) -> None:
    if not emulator.client("ecr").describe_repositories()["repositories"]:
        emulator.client("ecr").create_repository(repositoryName="hostile")

    assert call(method, path)[0] in (status, 404)


@pytest.mark.parametrize("authorization", ["", "Basic QVdTOng=", "Bearer x", "Basic !!"])
def test_the_registry_wants_a_password_that_ecr_gave(call: Any, authorization: str) -> None:
    status, headers, _ = call("GET", "/v2/", authorization=authorization)

    assert status == 401
    assert headers["www-authenticate"].startswith("Basic realm=")


def test_settings_of_the_registry_are_kept_and_checked(emulator: LiveEmulator) -> None:
    client = emulator.client("ecr")

    assert client.get_account_setting(name="REGISTRY_POLICY_SCOPE")["value"] == "V2"
    assert client.put_account_setting(name="BLOB_MOUNTING", value="ENABLED")["value"] == "ENABLED"
    assert client.get_account_setting(name="BLOB_MOUNTING")["value"] == "ENABLED"
    with pytest.raises(ClientError, match="InvalidParameterException"):
        client.put_account_setting(name="BLOB_MOUNTING", value="PERHAPS")
    with pytest.raises(ClientError, match="InvalidParameterException"):
        client.get_account_setting(name="COLOUR")
