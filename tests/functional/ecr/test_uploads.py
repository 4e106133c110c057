"""What is in the registry has the digest that it is stored under, whoever else writes at the same time."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.http import HttpRequest, HttpResponse
from mlfn_localstack.service import Caller, Environment, ServiceError
from mlfn_localstack.services.ecr.manifests import store_manifest
from mlfn_localstack.services.ecr.model import EcrState
from mlfn_localstack.services.ecr.operations_images import ImageOperations
from mlfn_localstack.services.ecr.registry import uploads
from mlfn_localstack.services.ecr.registry.answers import RegistryError
from mlfn_localstack.services.ecr.registry.uploads import UploadRoutes
from mlfn_localstack.store import Store

if TYPE_CHECKING:
    from pathlib import Path

NAME = "team/app"


class Alone:
    """Neither neighbours nor signatures."""

    async def call(self, *_arguments: Any, **_more: Any) -> dict[str, Any]:
        raise AssertionError

    def authenticate(self, *_arguments: Any) -> Caller:
        raise AssertionError


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """Of a registry on its own."""
    return Environment(store=Store(), gateway=Alone(), authenticator=Alone(), state_dir=tmp_path)


@pytest.fixture
def state(environment: Environment) -> EcrState:
    """With one repository."""
    state = EcrState(environment)
    state.repositories.put(NAME, {"repositoryName": NAME, "imageTagMutability": "MUTABLE"})
    return state


def request(method: str, body: bytes = b"", query: str = "") -> HttpRequest:
    return HttpRequest(method=method, raw_path="/", raw_query=query, headers=(), body=body, client="127.0.0.1")


def nowhere(_repository: str) -> bool:
    """From where layers may be mounted."""
    return False


def test_nothing_is_added_to_an_upload_once_it_is_digested(
    environment: Environment, state: EcrState, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = threading.Event()

    def slowly(file: Path) -> str:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        added.wait(0.3)
        return digest

    monkeypatch.setattr(uploads, "sha256_of", slowly)
    routes = UploadRoutes(environment, state)
    digest = hashlib.sha256(b"layer").hexdigest()

    async def add(upload: str) -> HttpResponse:
        answer = await routes.answer(request("PATCH", b" and more"), NAME, upload, nowhere)
        added.set()
        return answer

    async def push() -> tuple[HttpResponse, Any]:
        begun = dict((await routes.answer(request("POST"), NAME, "", nowhere)).headers)["Docker-Upload-UUID"]
        finish = routes.answer(request("PUT", b"layer", f"digest=sha256:{digest}"), NAME, begun, nowhere)
        finished, late = await asyncio.gather(finish, add(begun), return_exceptions=True)
        assert isinstance(finished, HttpResponse)
        return finished, late

    finished, late = asyncio.run(push())

    assert finished.status == 201
    assert isinstance(late, RegistryError)
    assert state.blobs.path(digest).read_bytes() == b"layer"


@pytest.mark.parametrize("size", [-1, 10**30, True])
def test_a_descriptor_of_an_impossible_size_is_refused(state: EcrState, size: int) -> None:
    manifest = f'{{"schemaVersion": 2, "config": {{"digest": "sha256:0", "size": {str(size).lower()}}}, "layers": []}}'

    with pytest.raises(ServiceError, match="descriptors"):
        store_manifest(state, NAME, manifest.encode(), "application/vnd.oci.image.manifest.v1+json", "v1")


def test_an_index_can_be_deleted_whatever_else_it_holds(state: EcrState) -> None:
    manifest = b'{"schemaVersion": 2, "manifests": [], "config": 1, "layers": [{"size": 1}, null]}'
    index = "application/vnd.oci.image.index.v1+json"
    store_manifest(state, NAME, manifest, index, "v1")
    delete = ImageOperations(state).operations()["BatchDeleteImage"]
    nobody: Any = None

    async def scenario() -> dict[str, Any]:
        return dict(await delete(nobody, {"repositoryName": NAME, "imageIds": [{"imageTag": "v1"}]}))

    answer = asyncio.run(scenario())

    assert answer["failures"] == []
    assert state.images(NAME) == []
