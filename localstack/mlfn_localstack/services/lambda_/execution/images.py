"""Images of the registry: found by their URI, and checked for whether they can be run here."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_ import errors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlfn_localstack.service import Environment

BASE_LABEL = "org.opencontainers.image.base.name"
HOST = "host"
_INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_ARCHITECTURES = {"amd64": "x86_64", "arm64": "arm64"}
_MACHINES = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig:
    """The part of an image's config that matters for running it."""

    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    environment: Mapping[str, str]
    working_dir: str
    architecture: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A pulled image; `layers` are digests."""

    digest: str
    config: ImageConfig
    layers: tuple[str, ...]

    @property
    def has_base(self) -> bool:
        """Whether it brings its own programs, and does not count on the machine's."""
        return self.config.labels.get(BASE_LABEL) != HOST


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    """What an image URI names."""

    repository: str
    tag: str | None
    digest: str | None


def parse_image_uri(uri: str) -> ImageReference:
    """The repository and tag or digest of `<registry>/<repository>[:tag][@sha256:…]`."""
    registry, slash, rest = uri.partition("/")
    name, _, digest = rest.partition("@")
    repository, _, tag = name.partition(":")
    if not slash or not registry or not repository:
        raise errors.invalid_parameter(f"Source image {uri} is not valid. Provide a valid source image.")
    return ImageReference(repository=repository, tag=tag or None, digest=digest or None)


class Images:
    """Finds images through ECR."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._blobs = environment.state_dir / "blobs" / "sha256"

    async def find(self, uri: str) -> Image:
        """The image behind a URI.

        Raises:
            ServiceError: InvalidParameterValueException: there is none, or it cannot be run here.
        """
        reference = parse_image_uri(uri)
        identifier = {"imageDigest": reference.digest} if reference.digest else {"imageTag": reference.tag or "latest"}
        digest, manifest = await self._manifest(uri, reference.repository, identifier)
        if manifest.get("mediaType") in _INDEX_TYPES or "manifests" in manifest:
            entry = _for_this_machine(manifest["manifests"])
            _, manifest = await self._manifest(uri, reference.repository, {"imageDigest": entry})
        return self._image(digest, manifest)

    async def _manifest(self, uri: str, repository: str, identifier: dict[str, str]) -> tuple[str, dict[str, Any]]:
        params = {
            "repositoryName": repository,
            "imageIds": [identifier],
            "acceptedMediaTypes": [*_MANIFEST_TYPES, *_INDEX_TYPES],
        }
        try:
            answer = await self._environment.gateway.call(
                "ecr", "BatchGetImage", params, principal="lambda.amazonaws.com"
            )
        except ServiceError as error:
            raise errors.invalid_parameter(
                f"Source image {uri} does not exist. Provide a valid source image."
            ) from error
        if not answer.get("images"):
            raise errors.invalid_parameter(f"Source image {uri} does not exist. Provide a valid source image.")
        found = answer["images"][0]
        return found["imageId"]["imageDigest"], json.loads(found["imageManifest"])

    def _image(self, digest: str, manifest: dict[str, Any]) -> Image:
        for layer in manifest["layers"]:
            if not str(layer["mediaType"]).endswith(("tar", "tar+gzip", "tar.gzip")):
                raise errors.invalid_image(f"layer type {layer['mediaType']} is not supported; use tar or tar+gzip.")
        config = json.loads(self._blob(manifest["config"]["digest"]).read_bytes())
        return Image(
            digest=digest,
            config=_config_from(config),
            layers=tuple(layer["digest"] for layer in manifest["layers"]),
        )

    def _blob(self, digest: str) -> Path:
        path = self._blobs / digest.removeprefix("sha256:")
        if not path.is_file():
            raise errors.invalid_image(f"blob {digest} is not in the registry.")
        return path


def check_runs_without_root(image: Image) -> None:
    """Refuse an image that runs only where it gets a root of its own."""
    if image.has_base:
        base = image.config.labels.get(BASE_LABEL, "")
        message = (
            f"it stands on {base or 'a base of its own'}, which needs the podman, docker or bwrap runner "
            f"(mlfn emulator start --runner podman); this emulator runs images labelled {BASE_LABEL}={HOST} "
            "on the machine's own programs."
        )
        raise errors.invalid_image(message)


def _for_this_machine(entries: list[dict[str, Any]]) -> str:
    machine = _MACHINES.get(platform.machine(), platform.machine())
    for entry in entries:
        if _ARCHITECTURES.get(entry.get("platform", {}).get("architecture", "")) == machine:
            return str(entry["digest"])
    raise errors.invalid_image(f"its index has no image for {machine}.")


def _config_from(document: dict[str, Any]) -> ImageConfig:
    config = document.get("config") or {}
    pairs = (variable.partition("=") for variable in config.get("Env") or ())
    return ImageConfig(
        entrypoint=tuple(config.get("Entrypoint") or ()),
        command=tuple(config.get("Cmd") or ()),
        environment={name: value for name, _, value in pairs},
        working_dir=config.get("WorkingDir") or "/",
        architecture=_ARCHITECTURES.get(document.get("architecture", ""), document.get("architecture", "")),
        labels=config.get("Labels") or {},
    )
