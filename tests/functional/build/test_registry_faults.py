"""Pushes to a registry that fails."""

from __future__ import annotations

import base64
import os
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from tests.functional.build.faulty_registry import Fault, FaultyRegistry
from tests.functional.build.test_oci import plan

from mlfn.errors import BuildError, TargetError
from mlfn_engine.builders.oci import build
from mlfn_engine.images.values import ImageArtifact, PlannedFile
from mlfn_engine.registries.upload import CHUNK
from mlfn_engine.registry import Pushed, Registry, push
from mlfn_engine.reporting import SilentReporter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def registry() -> Iterator[FaultyRegistry]:
    """A registry without faults as yet."""
    made = FaultyRegistry()
    yield made
    made.close()


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> ImageArtifact:
    """An image with a layer that goes up in three pieces."""
    noise = os.urandom(2 * CHUNK + 1000)
    return build(plan(PlannedFile(path="w.bin", source=noise)), tmp_path_factory.mktemp("cache"), SilentReporter())


def pushed(image: ImageArtifact, registry: FaultyRegistry, authorization: str | None = None) -> Pushed:
    """Push without waiting between tries."""
    target = Registry(endpoint=registry.endpoint, authorization=authorization, sleep=lambda _: None)
    return push(image, target, repository="mlfn", tag="v1", reporter=SilentReporter())


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([("PATCH", "drop")], id="dropped-in-a-piece"),
        pytest.param([("PATCH", "drop"), ("GET", "503")], id="dropped-then-busy"),
        pytest.param([("PATCH", "503"), ("PATCH", "503")], id="busy"),
        pytest.param([("PATCH", "lose")], id="session-lost"),
        pytest.param([("PUT", "drop")], id="dropped-at-the-end"),
        pytest.param([("HEAD", "429"), ("PATCH", "429"), ("PUT", "429")], id="too-many-requests"),
        pytest.param([("HEAD", "drop"), ("POST", "503"), ("PUT", "503")], id="here-and-there"),
    ],
)
def test_a_push_gets_there_in_spite_of_faults(
    registry: FaultyRegistry, image: ImageArtifact, faults: list[Fault]
) -> None:
    registry.faults.extend(faults)

    result = pushed(image, registry)

    assert not registry.faults
    assert set(registry.tags) == {"v1"}
    assert len(registry.blobs) == result.blobs == 2


def test_a_broken_piece_is_taken_up_where_it_broke_off(registry: FaultyRegistry, image: ImageArtifact) -> None:
    registry.faults.append(("PATCH", "drop"))

    pushed(image, registry)

    assert sum(line.startswith("POST") for line in registry.requests) == 2
    assert sum(line.startswith("PATCH") for line in registry.requests) == 3


def test_nothing_is_tagged_when_a_layer_cannot_be_stored(registry: FaultyRegistry, image: ImageArtifact) -> None:
    registry.faults.extend([("PATCH", "lose")] * 5)

    with pytest.raises(TargetError, match="lost the upload of a layer to 'mlfn' 5 times"):
        pushed(image, registry)
    assert not registry.tags


def test_a_registry_that_stores_something_else_is_not_believed(registry: FaultyRegistry, image: ImageArtifact) -> None:
    registry.faults.append(("PUT", "alter"))

    with pytest.raises(TargetError, match="The registry stored sha256:0000"):
        pushed(image, registry)


def test_a_layer_that_was_altered_in_the_cache_is_refused_and_made_anew(
    registry: FaultyRegistry, tmp_path: Path
) -> None:
    image = build(plan(), tmp_path, SilentReporter())
    for path in (image.location / "blobs" / "sha256").iterdir():
        if path.name != image.digest.removeprefix("sha256:") and not path.read_bytes().startswith(b"{"):
            path.write_bytes(path.read_bytes()[::-1])

    with pytest.raises(BuildError, match=r"of 'sentiment' was damaged in the build cache, and is removed"):
        pushed(image, registry)
    again = build(plan(), tmp_path, SilentReporter())

    assert again.digest == image.digest
    assert pushed(again, registry).blobs == 2


def test_an_image_that_left_the_cache_is_a_sentence(
    registry: FaultyRegistry, image: ImageArtifact, tmp_path: Path
) -> None:
    with pytest.raises(BuildError, match="no longer in the build cache"):
        pushed(replace(image, location=tmp_path), registry)


def test_basic_credentials_are_exchanged_for_the_token_that_the_registry_asks_for(
    registry: FaultyRegistry, image: ImageArtifact
) -> None:
    registry.bearer = "t0ken"

    pushed(image, registry, "Basic " + base64.b64encode(b"AWS:secret").decode())

    assert set(registry.tags) == {"v1"}


def test_a_token_that_expires_in_the_middle_of_an_upload_is_renewed(
    registry: FaultyRegistry, image: ImageArtifact
) -> None:
    registry.bearer = "t0ken"
    registry.faults.extend([("PATCH", "expire"), ("PUT", "expire")])

    pushed(image, registry, "Basic " + base64.b64encode(b"AWS:secret").decode())

    assert not registry.faults
    assert set(registry.tags) == {"v1"}


def test_a_registry_that_asks_for_patience_gets_it(registry: FaultyRegistry, image: ImageArtifact) -> None:
    registry.faults.append(("HEAD", "429"))
    pauses: list[float] = []
    target = Registry(endpoint=registry.endpoint, sleep=pauses.append)

    push(image, target, repository="mlfn", tag="v1", reporter=SilentReporter())

    assert pauses == [7.0]


def test_credentials_do_not_follow_a_redirect_of_the_token_service(registry: FaultyRegistry) -> None:
    from mlfn_engine.registries.token import bearer_token  # noqa: PLC0415  as below

    class Redirecting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"{registry.endpoint}/token")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    registry.bearer = "t0ken"
    with ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        realm = f"http://127.0.0.1:{server.server_address[1]}/token"
        token = bearer_token(f'Bearer realm="{realm}"', "Basic " + base64.b64encode(b"AWS:secret").decode(), 10.0)
        server.shutdown()

    assert token is None
    assert registry.requests == []


def test_wrong_credentials_are_a_sentence(registry: FaultyRegistry, image: ImageArtifact) -> None:
    registry.bearer = "t0ken"

    with pytest.raises(TargetError, match=r"does not let you look into 'mlfn' \(HTTP 401\)"):
        pushed(image, registry, "Basic " + base64.b64encode(b"AWS:wrong").decode())


def test_credentials_are_not_sent_to_a_token_service_in_the_clear() -> None:
    from mlfn_engine.registries.token import bearer_token  # noqa: PLC0415  the only test of it alone

    with pytest.raises(TargetError, match="would travel in the clear"):
        bearer_token('Bearer realm="http://evil.example/token"', "Basic eA==", 1.0)
