"""The OCI distribution API over ECR's repositories.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from mlfn_localstack.http import HttpResponse
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.ecr.registry.answers import RegistryError, refusal, unauthorised
from mlfn_localstack.services.ecr.registry.blobs import BlobRoutes
from mlfn_localstack.services.ecr.registry.manifests import ManifestRoutes
from mlfn_localstack.services.ecr.registry.permissions import (
    BLOBS,
    MANIFESTS,
    MOUNT,
    TAGS,
    Permissions,
    uploading,
)
from mlfn_localstack.services.ecr.registry.uploads import UploadRoutes

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.service import Caller, Environment
    from mlfn_localstack.services.ecr.model import EcrState
    from mlfn_localstack.services.ecr.passwords import Passwords

_NAME = r"(?P<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
_UPLOAD = re.compile(rf"/v2/{_NAME}/blobs/uploads/(?P<upload>[0-9a-f-]*)")
_BLOB = re.compile(rf"/v2/{_NAME}/blobs/(?P<digest>sha256:[0-9a-f]{{64}})")
_MANIFEST = re.compile(rf"/v2/{_NAME}/manifests/(?P<reference>sha256:[0-9a-f]{{64}}|\w[\w.-]{{0,127}})", re.ASCII)
_TAGS = re.compile(rf"/v2/{_NAME}/tags/list")


class Registry:
    """Answers everything below /v2/."""

    def __init__(self, environment: Environment, state: EcrState, passwords: Passwords) -> None:
        self._endpoint = environment.endpoint
        self._passwords = passwords
        self._state = state
        self._blobs = BlobRoutes(state)
        self._manifests = ManifestRoutes(state)
        self._uploads = UploadRoutes(environment, state)
        self._permissions = Permissions(environment)

    async def handle(self, request: HttpRequest) -> HttpResponse:
        """The answer to a registry request."""
        caller = self._passwords.caller(request.header("authorization") or "")
        if caller is None:
            return unauthorised(self._endpoint)
        try:
            response = await self._answer(request, caller)
        except RegistryError as error:
            return refusal(error)
        except ServiceError as error:
            code = "NAME_UNKNOWN" if error.code == "RepositoryNotFoundException" else "MANIFEST_INVALID"
            return refusal(RegistryError(404 if code == "NAME_UNKNOWN" else 400, code, error.message))
        await self._state.durable()
        return response

    async def _answer(self, request: HttpRequest, caller: Caller) -> HttpResponse:
        path = request.raw_path.replace("%3A", ":").replace("%3a", ":")
        if path == "/v2/" and request.method in ("GET", "HEAD"):
            return HttpResponse(status=200, headers=(("Content-Type", "application/json"),), body=b"{}")
        permissions = self._permissions
        if match := _UPLOAD.fullmatch(path):
            permissions.check(request, caller, match["name"], uploading(request))
            may_mount = partial(permissions.lets, request, caller, operation=MOUNT)
            return await self._uploads.answer(request, match["name"], match["upload"], may_mount)
        if match := _BLOB.fullmatch(path):
            permissions.check(request, caller, match["name"], BLOBS.get(request.method, ()))
            return self._blobs.answer(request, match["name"], match["digest"])
        if match := _MANIFEST.fullmatch(path):
            permissions.check(request, caller, match["name"], MANIFESTS.get(request.method, ()))
            return self._manifests.answer(request, match["name"], match["reference"])
        if match := _TAGS.fullmatch(path):
            permissions.check(request, caller, match["name"], TAGS.get(request.method, ()))
            return self._manifests.tags(request, match["name"])
        raise RegistryError(404, "UNSUPPORTED", "There is nothing at this path.")
