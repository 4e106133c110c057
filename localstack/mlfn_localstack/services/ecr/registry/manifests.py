"""Manifests and tags."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from mlfn_localstack.http import HttpResponse
from mlfn_localstack.protocols.rest import parse_query
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.ecr.manifests import store_manifest
from mlfn_localstack.services.ecr.registry.answers import RegistryError, not_allowed, not_found

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.services.ecr.model import EcrState

_MAX_MANIFEST_BYTES = 4 << 20
_DEFAULT_TYPE = "application/vnd.oci.image.manifest.v1+json"


class ManifestRoutes:
    """`/v2/<name>/manifests/<reference>` and `/v2/<name>/tags/list`."""

    def __init__(self, state: EcrState) -> None:
        self._state = state

    def answer(self, request: HttpRequest, name: str, reference: str) -> HttpResponse:
        """Read, write or delete a manifest."""
        match request.method:
            case "GET" | "HEAD":
                return self._get(name, reference)
            case "PUT":
                return self._put(request, name, reference)
            case "DELETE":
                return self._delete(name, reference)
            case _:
                raise not_allowed()

    def tags(self, request: HttpRequest, name: str) -> HttpResponse:
        """The tags, in order, `n` after `last`."""
        if request.method != "GET":
            raise not_allowed()
        self._state.repository(name)
        query = parse_query(request.raw_query)
        last = query.get("last", [""])[0]
        limit = query.get("n", [""])[0]
        tags = [tag for tag in self._state.tags(name) if tag > last]
        shown = tags[: int(limit)] if limit.isdigit() and len(limit) < 9 else tags
        headers = [("Content-Type", "application/json")]
        if 0 < len(shown) < len(tags):
            headers.append(("Link", f'</v2/{name}/tags/list?n={limit}&last={shown[-1]}>; rel="next"'))
        body = json.dumps({"name": name, "tags": shown}).encode()
        return HttpResponse(status=200, headers=tuple(headers), body=body)

    def _get(self, name: str, reference: str) -> HttpResponse:
        self._state.repository(name)
        image = self._state.image(name, reference)
        if image is None:
            raise not_found("MANIFEST_UNKNOWN", "Requested image not found")
        headers = (("Content-Type", image.media_type), ("Docker-Content-Digest", image.digest))
        return HttpResponse(status=200, headers=headers, body=image.manifest)

    def _put(self, request: HttpRequest, name: str, reference: str) -> HttpResponse:
        manifest = request.body if request.spooled is None else b""
        if request.spooled is not None:
            if request.spooled.size > _MAX_MANIFEST_BYTES:
                raise RegistryError(413, "MANIFEST_INVALID", "The manifest is larger than 4 MiB.")
            manifest = request.spooled.path.read_bytes()
        digest = f"sha256:{hashlib.sha256(manifest).hexdigest()}"
        if ":" in reference and reference != digest:
            raise RegistryError(400, "DIGEST_INVALID", "The manifest does not have the digest it is put under.")
        media_type = (request.header("content-type") or _DEFAULT_TYPE).partition(";")[0].strip()
        try:
            image = store_manifest(self._state, name, manifest, media_type, None if ":" in reference else reference)
        except ServiceError as error:
            raise _as_registry_error(error) from error
        headers = (("Location", f"/v2/{name}/manifests/{image.digest}"), ("Docker-Content-Digest", image.digest))
        return HttpResponse(status=201, headers=headers)

    def _delete(self, name: str, reference: str) -> HttpResponse:
        self._state.repository(name)
        image = self._state.image(name, reference)
        if image is None:
            raise not_found("MANIFEST_UNKNOWN", "Requested image not found")
        if ":" in reference:
            self._state.remove_image(name, image.digest)
        else:
            self._state.remove_tag(name, reference)
        return HttpResponse(status=202)


def _as_registry_error(error: ServiceError) -> RegistryError:
    match error.code:
        case "LayersNotFoundException" | "ImagesNotFoundException":
            return RegistryError(404, "MANIFEST_BLOB_UNKNOWN", error.message)
        case "ImageTagAlreadyExistsException":
            return RegistryError(400, "TAG_INVALID", error.message)
        case "RepositoryNotFoundException":
            return RegistryError(404, "NAME_UNKNOWN", error.message)
        case _:
            return RegistryError(400, "MANIFEST_INVALID", error.message)
