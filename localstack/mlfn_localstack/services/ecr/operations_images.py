"""Images: manifests and tags."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.page_tokens import place_of
from mlfn_localstack.services.ecr.errors import image_exists, invalid, no_image
from mlfn_localstack.services.ecr.manifests import store_manifest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.ecr.model import EcrState, Repository, StoredImage

_DEFAULT_PAGE = 100


class ImageOperations:
    """Put, get, list, describe and delete images."""

    def __init__(self, state: EcrState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "BatchDeleteImage": self.batch_delete_image,
            "BatchGetImage": self.batch_get_image,
            "DescribeImages": self.describe_images,
            "ListImages": self.list_images,
            "PutImage": self.put_image,
        }

    async def batch_get_image(self, context: RequestContext, params: Params) -> Result:
        """Manifests by tag or digest, and what was not found."""
        name = self._state.repository(params["repositoryName"])["repositoryName"]
        images, failures = [], []
        for wanted in params["imageIds"]:
            image = self._find(name, wanted)
            if image is None:
                failures.append(_not_found(wanted))
            else:
                images.append(self._with_manifest(context, name, image, wanted.get("imageTag")))
        return {"images": images, "failures": failures}

    async def put_image(self, context: RequestContext, params: Params) -> Result:
        """A manifest whose blobs are in the repository already."""
        name, manifest = params["repositoryName"], params["imageManifest"].encode()
        digest = f"sha256:{hashlib.sha256(manifest).hexdigest()}"
        if params.get("imageDigest", digest) != digest:
            raise invalid("The image digest does not match the image manifest.")
        media_type = params.get("imageManifestMediaType") or _media_type(params["imageManifest"])
        self._check_new(self._state.repository(name), digest, params.get("imageTag"))
        image = store_manifest(self._state, name, manifest, media_type, params.get("imageTag"))
        return {"image": self._with_manifest(context, name, image, params.get("imageTag"))}

    def _check_new(self, repository: Repository, digest: str, tag: str | None) -> None:
        name = repository["repositoryName"]
        there = self._state.image(name, digest) is not None
        if there and (tag is None or self._state.tags(name).get(tag) == digest):
            raise image_exists(digest, tag, name, self._state.account_id)

    async def list_images(self, context: RequestContext, params: Params) -> Result:
        """Every tag with its digest, then digests without a tag."""
        name = self._state.repository(params["repositoryName"])["repositoryName"]
        tags = self._state.tags(name)
        tagged = [{"imageDigest": digest, "imageTag": tag} for tag, digest in tags.items()]
        named = set(tags.values())
        untagged = [{"imageDigest": image.digest} for image in self._state.images(name) if image.digest not in named]
        every = [*tagged, *untagged]
        return _page(params, "imageIds", [each for each in every if _is_wanted(params, tagged="imageTag" in each)])

    async def describe_images(self, context: RequestContext, params: Params) -> Result:
        """Images with their tags and sizes."""
        name = self._state.repository(params["repositoryName"])["repositoryName"]
        if "imageIds" not in params:
            every = [self._detail(name, image) for image in self._state.images(name)]
            found = [each for each in every if _is_wanted(params, tagged="imageTags" in each)]
            return _page(params, "imageDetails", found)
        details = []
        for wanted in params["imageIds"]:
            image = self._find(name, wanted)
            if image is None:
                shown = ", ".join(f"{key}:'{value}'" for key, value in wanted.items())
                raise no_image(f"{{{shown}}}", name, context.account_id)
            details.append(self._detail(name, image))
        return {"imageDetails": details}

    async def batch_delete_image(self, context: RequestContext, params: Params) -> Result:
        """Tags by tag, images by digest; an image without its last tag goes too, with the blobs that no other has."""
        name = self._state.repository(params["repositoryName"])["repositoryName"]
        deleted, failures, manifests = [], [], []
        for wanted in params["imageIds"]:
            image = self._find(name, wanted)
            if image is None:
                failures.append(_not_found(wanted))
                continue
            deleted.append({"imageDigest": image.digest} | wanted)
            if "imageTag" in wanted and "imageDigest" not in wanted:
                self._state.remove_tag(name, wanted["imageTag"])
                if image.digest in self._state.tags(name).values():
                    continue
            self._state.remove_image(name, image.digest)
            manifests.append(image.manifest)
        await self._state.remove_unused_blobs(name, manifests)
        return {"imageIds": deleted, "failures": failures}

    def _find(self, repository: str, wanted: dict[str, str]) -> StoredImage | None:
        digest, tag = wanted.get("imageDigest"), wanted.get("imageTag")
        image = self._state.image(repository, digest or tag or "")
        if image is not None and digest and tag and self._state.tags(repository).get(tag) != digest:
            return None
        return image

    def _with_manifest(self, context: RequestContext, name: str, image: StoredImage, tag: str | None) -> Result:
        identity = {"imageDigest": image.digest} | ({"imageTag": tag} if tag else {})
        return {
            "registryId": context.account_id,
            "repositoryName": name,
            "imageId": identity,
            "imageManifest": image.manifest.decode(),
            "imageManifestMediaType": image.media_type,
        }

    def _detail(self, name: str, image: StoredImage) -> Result:
        tags = [tag for tag, digest in self._state.tags(name).items() if digest == image.digest]
        detail: Result = {
            "registryId": self._state.account_id,
            "repositoryName": name,
            "imageDigest": image.digest,
            "imageSizeInBytes": image.size,
            "imagePushedAt": image.pushed_at,
            "imageManifestMediaType": image.media_type,
        }
        return detail | {"imageTags": tags} if tags else detail


def _media_type(manifest: str) -> str:
    try:
        return str(json.loads(manifest).get("mediaType", "application/vnd.oci.image.manifest.v1+json"))
    except (ValueError, AttributeError) as error:
        raise invalid(
            "Invalid parameter at 'imageManifest' failed to satisfy constraint: 'Invalid JSON syntax'"
        ) from error


def _not_found(wanted: dict[str, str]) -> dict[str, Any]:
    reason = "Requested image not found"
    return {"imageId": wanted, "failureCode": "ImageNotFound", "failureReason": reason}


def _is_wanted(params: Params, *, tagged: bool) -> bool:
    """Whether a filter lets an image through; all are active, none is in an archive."""
    wanted = params.get("filter", {})
    if wanted.get("imageStatus", "ACTIVE") not in ("ACTIVE", "ANY"):
        return False
    return wanted.get("tagStatus", "ANY") in ("ANY", "TAGGED" if tagged else "UNTAGGED")


def _page(params: Params, key: str, items: list[Any]) -> Result:
    start = place_of(params.get("nextToken")) or 0
    end = start + params.get("maxResults", _DEFAULT_PAGE)
    page: Result = {key: items[start:end]}
    return page | {"nextToken": str(end)} if end < len(items) else page
