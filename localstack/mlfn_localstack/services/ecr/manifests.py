"""Storing a manifest: only if everything it names is there, and its tag may point to it.

https://github.com/opencontainers/image-spec/blob/main/manifest.md
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.ecr.errors import invalid, tag_taken
from mlfn_localstack.services.ecr.model import EcrState, StoredImage, now
from mlfn_localstack.services.ecr.mutability import is_fixed

if TYPE_CHECKING:
    from mlfn_localstack.services.ecr.model import Repository

_MAX_SIZE = 1 << 40
_INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)


def store_manifest(state: EcrState, name: str, manifest: bytes, media_type: str, tag: str | None) -> StoredImage:
    """The image, now in the repository.

    Raises:
        ServiceError: a layer is missing, the manifest is none, or the tag is taken in an immutable repository.
    """
    repository = state.repository(name)
    content = _content(manifest)
    children = _check_children(state, name, content, media_type)
    digest = f"sha256:{hashlib.sha256(manifest).hexdigest()}"
    if tag is not None:
        _check_tag(state, repository, tag, digest)
    size = len(manifest) + sum(child.get("size", 0) for child in children)
    image = StoredImage(digest=digest, media_type=media_type, manifest=manifest, size=size, pushed_at=now())
    state.put_image(name, image, tag)
    return image


def _content(manifest: bytes) -> dict[str, Any]:
    try:
        content = json.loads(manifest)
    except (ValueError, RecursionError) as error:
        raise invalid("The image manifest is not JSON.") from error
    if not isinstance(content, dict) or content.get("schemaVersion") != 2:
        raise invalid("The image manifest's schemaVersion is not 2.")
    return content


def _check_children(state: EcrState, name: str, content: dict[str, Any], media_type: str) -> list[dict[str, Any]]:
    if media_type in _INDEX_TYPES or "manifests" in content:
        children = _descriptors(content.get("manifests"))
        missing = [child["digest"] for child in children if state.image(name, child["digest"]) is None]
        kind = "ImagesNotFoundException"
    else:
        children = [*_descriptors([content.get("config")]), *_descriptors(content.get("layers"))]
        missing = [child["digest"] for child in children if not state.has_blob(name, child["digest"])]
        kind = "LayersNotFoundException"
    if missing:
        message = f"Images with digests '[{', '.join(missing)}]' required for pushing image into repository"
        raise ServiceError(
            kind, f"{message} with name '{name}' in the registry with id '{state.account_id}' do not exist"
        )
    return children


def _descriptors(value: Any) -> list[dict[str, Any]]:
    """Checked descriptors: https://github.com/opencontainers/image-spec/blob/main/descriptor.md"""
    if not isinstance(value, list) or not all(
        isinstance(item, dict) and isinstance(item.get("digest"), str) and _is_size(item.get("size", 0))
        for item in value
    ):
        raise invalid("The image manifest lacks descriptors, or has broken ones.")
    return value


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_SIZE


def _check_tag(state: EcrState, repository: Repository, tag: str, digest: str) -> None:
    name = repository["repositoryName"]
    known = state.tags(name).get(tag)
    if known not in (None, digest) and is_fixed(repository, tag):
        raise tag_taken(tag, name)
