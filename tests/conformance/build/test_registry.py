"""Our pushes, judged by Debian's docker-registry and by skopeo."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest

from mlfn.errors import TargetError
from mlfn_engine.registries.connection import RegistryConnection
from mlfn_engine.registries.upload import CHUNK
from mlfn_engine.registry import Registry, push
from mlfn_engine.reporting import SilentReporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.build.conftest import DebianRegistry
    from tests.fixtures.emulator import LiveEmulator

    from mlfn_engine.images.values import ImageArtifact
    from mlfn_engine.registry import Pushed


def pushed(image: ImageArtifact, registry: Registry, tag: str = "v1", repository: str = "mlfn-dev") -> Pushed:
    """Push an image."""
    return push(image, registry, repository=repository, tag=tag, reporter=SilentReporter())


def inspected(skopeo: str, reference: str) -> dict[str, object]:
    """What skopeo says of an image."""
    command = [skopeo, "inspect", *(["--tls-verify=false"] if reference.startswith("docker:") else []), reference]
    found: dict[str, object] = json.loads(subprocess.check_output(command))
    return found


def test_skopeo_finds_the_layout_to_be_the_image_that_we_say(
    skopeo: str, new_image: Callable[..., ImageArtifact]
) -> None:
    image = new_image()

    found = inspected(skopeo, f"oci:{image.location}")

    assert found["Digest"] == image.digest
    assert found["Labels"] == {
        "dev.mlfn.app": "reviews",
        "dev.mlfn.plan": image.plan_digest,
        "dev.mlfn.version": image.version,
    }


def test_skopeo_pulls_what_we_pushed(skopeo: str, registry: Registry, new_image: Callable[..., ImageArtifact]) -> None:
    image = new_image()

    result = pushed(image, registry)

    assert result.blobs == 3
    address = registry.endpoint.removeprefix("http://")
    assert inspected(skopeo, f"docker://{address}/mlfn-dev:v1")["Digest"] == image.digest


def test_a_second_push_sends_nothing(registry: Registry, new_image: Callable[..., ImageArtifact]) -> None:
    image = new_image(b"print(2)\n")
    pushed(image, registry, "v2")

    assert pushed(image, registry, "v2").uploaded_bytes == 0


def test_a_change_of_code_sends_the_code_layer_and_the_two_documents(
    registry: Registry, new_image: Callable[..., ImageArtifact]
) -> None:
    weights = os.urandom(1 << 20)
    pushed(new_image(b"print(3)\n", weights), registry, "v3", "code-change")

    result = pushed(new_image(b"print(4)\n", weights), registry, "v4", "code-change")

    assert result.blobs == 2
    assert result.uploaded_bytes < 3000


def test_a_large_layer_goes_up_in_pieces(
    skopeo: str, registry: Registry, new_image: Callable[..., ImageArtifact]
) -> None:
    image = new_image(assets=os.urandom(2 * CHUNK + 12345))

    result = pushed(image, registry, "large")

    assert result.uploaded_bytes > 2 * CHUNK
    address = registry.endpoint.removeprefix("http://")
    assert inspected(skopeo, f"docker://{address}/mlfn-dev:large")["Digest"] == image.digest


class Watching:
    """Calls `first` at the first byte that has arrived."""

    def __init__(self, first: Callable[[], None]) -> None:
        self.first: Callable[[], None] | None = first

    def report(self, subject: str, message: str, *, done: int | None = None, total: int | None = None) -> None:
        """Hear of progress."""
        if done and self.first:
            first, self.first = self.first, None
            first()


def test_a_registry_that_dies_in_the_middle_is_taken_up_again_when_it_is_back(
    skopeo: str, mortal: DebianRegistry, new_image: Callable[..., ImageArtifact]
) -> None:
    image = new_image(assets=os.urandom(3 * CHUNK))
    restarts: list[str] = []

    def restart_once(_: float) -> None:
        if not restarts:
            restarts.append("once")
            mortal.start()

    target = Registry(endpoint=f"http://127.0.0.1:{mortal.port}", sleep=restart_once)
    push(image, target, repository="mlfn", tag="v1", reporter=Watching(mortal.kill))

    assert len(restarts) == 1
    assert inspected(skopeo, f"docker://127.0.0.1:{mortal.port}/mlfn:v1")["Digest"] == image.digest


def test_a_registry_that_stays_dead_has_nothing_half_tagged(
    mortal: DebianRegistry, new_image: Callable[..., ImageArtifact]
) -> None:
    image = new_image(assets=os.urandom(3 * CHUNK))
    target = Registry(endpoint=f"http://127.0.0.1:{mortal.port}", sleep=lambda _: None)

    with pytest.raises(TargetError, match="does not answer"):
        push(image, target, repository="mlfn", tag="v1", reporter=Watching(mortal.kill))
    mortal.start()

    with RegistryConnection(target) as connection:
        assert connection.request("GET", "/v2/mlfn/manifests/v1").status == 404
    assert push(image, target, repository="mlfn", tag="v1", reporter=SilentReporter()).digest == image.digest


def test_a_tag_that_the_registry_refuses_is_a_sentence(
    registry: Registry, new_image: Callable[..., ImageArtifact]
) -> None:
    with pytest.raises(TargetError, match=r"The registry (has no repository|refused) to"):
        pushed(new_image(), registry, "not a tag")


def test_a_registry_that_is_not_there_is_a_sentence(
    registry: Registry, new_image: Callable[..., ImageArtifact]
) -> None:
    absent = replace(registry, endpoint="http://127.0.0.1:9", sleep=lambda _: None)

    with pytest.raises(TargetError, match=r"http://127\.0\.0\.1:9 does not answer"):
        pushed(new_image(), absent)


def test_the_emulators_registry_takes_the_same_pushes(
    emulator: LiveEmulator, new_image: Callable[..., ImageArtifact]
) -> None:
    client = emulator.client("ecr")
    client.create_repository(repositoryName="mlfn-conformance")
    token = client.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    registry = Registry(endpoint=emulator.endpoint, authorization=f"Basic {token}")
    image = new_image(assets=os.urandom(CHUNK + 5))

    first = pushed(image, registry, "v1", "mlfn-conformance")
    second = pushed(image, registry, "v1", "mlfn-conformance")

    assert (first.blobs, second.uploaded_bytes) == (3, 0)
    described = client.describe_images(repositoryName="mlfn-conformance")["imageDetails"]
    assert [(each["imageDigest"], each["imageTags"]) for each in described] == [(image.digest, ["v1"])]


def test_layers_that_another_repository_has_are_not_sent_again(
    skopeo: str, registry: Registry, new_image: Callable[..., ImageArtifact]
) -> None:
    image = new_image(b"print(5)\n", os.urandom(1 << 20))
    pushed(image, registry, "v1", "first-stage")

    result = pushed(image, registry, "v1", "second-stage")

    assert (result.blobs, result.mounted) == (3, 3)
    assert result.uploaded_bytes < 1000, "the manifest alone"
    address = registry.endpoint.removeprefix("http://")
    assert inspected(skopeo, f"docker://{address}/second-stage:v1")["Digest"] == image.digest


def test_a_layer_that_the_other_repository_no_longer_has_is_sent(
    mortal: DebianRegistry, new_image: Callable[..., ImageArtifact]
) -> None:
    image = new_image(b"print(6)\n")
    target = Registry(endpoint=f"http://127.0.0.1:{mortal.port}")
    pushed(image, target, "v1", "first-stage")
    mortal.kill()
    shutil.rmtree(mortal.config.parent / "data")
    mortal.start()

    result = pushed(image, target, "v1", "second-stage")

    assert (result.blobs, result.mounted) == (3, 0)


@pytest.mark.parametrize(("setting", "mounted"), [("ENABLED", 3), ("DISABLED", 0)])
def test_the_emulators_registry_gives_layers_to_other_repositories_where_that_is_enabled(
    emulator: LiveEmulator,
    new_image: Callable[..., ImageArtifact],
    setting: Literal["ENABLED", "DISABLED"],
    mounted: int,
) -> None:
    client = emulator.client("ecr")
    for stage in ("one", "two"):
        client.create_repository(repositoryName=f"{setting.lower()}-{stage}")
    client.put_account_setting(name="BLOB_MOUNTING", value=setting)
    token = client.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    registry = Registry(endpoint=emulator.endpoint, authorization=f"Basic {token}")
    image = new_image(assets=os.urandom(1000))
    pushed(image, registry, "v1", f"{setting.lower()}-one")

    result = pushed(image, registry, "v1", f"{setting.lower()}-two")

    assert (result.blobs, result.mounted) == (3, mounted)
    found = client.describe_images(repositoryName=f"{setting.lower()}-two")["imageDetails"]
    assert [each["imageDigest"] for each in found] == [image.digest]


def test_the_emulators_registry_refuses_who_has_no_token(
    emulator: LiveEmulator, new_image: Callable[..., ImageArtifact]
) -> None:
    with pytest.raises(TargetError, match="does not let you"):
        pushed(new_image(), Registry(endpoint=emulator.endpoint), "v1", "mlfn-conformance")
