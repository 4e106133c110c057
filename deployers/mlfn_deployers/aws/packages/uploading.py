"""Images and archives alike: uploaded, and then named by a text that ends in `@` and the digest."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, TypedDict, assert_never

from mlfn_deployers.aws.packages.archives import PREFIX, push_archive
from mlfn_deployers.aws.packages.images import push_image
from mlfn_engine.values import PackageType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_engine.images.values import ImageArtifact
    from mlfn_engine.reporting import Reporter


class CodeArgument(TypedDict, total=False):
    """How UpdateFunctionCode is given code: an image, or an object."""

    ImageUri: str
    S3Bucket: str
    S3Key: str


def push_package(clients: Clients, base: Mapping[str, str], app: str, image: ImageArtifact, reporter: Reporter) -> str:
    """Upload an image or archive to where the base stack (its outputs) has room for it, and tell what it is there."""
    match image.package:
        case PackageType.IMAGE:
            return push_image(clients.ecr, base["RepositoryUri"], app, image, reporter)
        case PackageType.ZIP:
            return push_archive(clients.s3, base["DataBucket"], app, image, reporter)
        case _:
            assert_never(image.package)


def code_argument(package: str, bucket: str) -> CodeArgument:
    """What Lambda is told to take; archives lie in `bucket`."""
    if not package.startswith(PREFIX):
        return {"ImageUri": package}
    return {"S3Bucket": bucket, "S3Key": package.rpartition("@")[0]}


def code_sha256(package: str) -> str:
    """The digest as Lambda shows it: an image's in hex, an archive's in base64."""
    digest = package.rpartition("@sha256:")[2]
    return base64.b64encode(bytes.fromhex(digest)).decode() if package.startswith(PREFIX) else digest
