"""Images in ECR: push by digest, remove with the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_engine.declarations.naming import INGRESS_KEY
from mlfn_engine.registry import Registry, push

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecr.type_defs import ImageIdentifierTypeDef

    from mlfn_engine.images.values import ImageArtifact
    from mlfn_engine.reporting import Reporter

BATCH = 100
"""ECR's limit of one BatchDeleteImage."""


def push_image(client: ECRClient, repository_uri: str, app: str, image: ImageArtifact, reporter: Reporter) -> str:
    """Upload what the repository lacks and return the image's URI by digest."""
    token = client.get_authorization_token()["authorizationData"][0]
    host, _, name = repository_uri.partition("/")
    endpoint = token["proxyEndpoint"]
    registry = Registry(
        endpoint=endpoint if endpoint.startswith("http://") else f"https://{host}",
        authorization=f"Basic {token['authorizationToken']}",
    )
    push(image, registry, repository=name, tag=f"{app}-{image.function}-{image.version}", reporter=reporter)
    return f"{repository_uri}@{image.digest}"


def remove_images(client: ECRClient, repository: str, app: str) -> int:
    """Delete every image of an app and return how many there were."""
    pages = client.get_paginator("list_images").paginate(repositoryName=repository)
    ids = [image for page in pages for image in page["imageIds"] if function_of(image.get("imageTag", ""), app)]
    delete_images(client, repository, ids)
    return len(ids)


def delete_images(client: ECRClient, repository: str, ids: Sequence[ImageIdentifierTypeDef]) -> None:
    """Delete these images; those that are gone already do not matter."""
    for start in range(0, len(ids), BATCH):
        client.batch_delete_image(repositoryName=repository, imageIds=ids[start : start + BATCH])


def function_of(tag: str, app: str) -> str | None:
    """The key of the app's function whose image has this tag; None if it is another app's (`shop` is not `shop-eu`)."""
    key, _, version = tag.removeprefix(f"{app}-").rpartition("-")
    is_function = key.isidentifier() or key == INGRESS_KEY
    return key if tag.startswith(f"{app}-") and is_function and version else None
