"""How much an app keeps in ECR and in the data bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from mlfn_deployers.aws.packages.archives import folder_of
from mlfn_deployers.aws.packages.images import function_of

if TYPE_CHECKING:
    from mlfn_deployers.aws.api.clients import Clients

MOST = 10_000
"""Images and archives that are counted; there are never so many."""


def stored_bytes(clients: Clients, app: str, stage: str, bucket: str | None) -> tuple[int, int]:
    """Bytes of images (layers that they share count for each: ECR has them once) and of archives."""
    return _images(clients, app, stage), _archives(clients, app, bucket) if bucket else 0


def _images(clients: Clients, app: str, stage: str) -> int:
    pages = clients.ecr.get_paginator("describe_images").paginate(
        repositoryName=f"mlfn-{stage}", PaginationConfig={"MaxItems": MOST}
    )
    try:
        found = [image for page in pages for image in page["imageDetails"]]
    except ClientError as error:
        if error.response["Error"]["Code"] != "RepositoryNotFoundException":
            raise
        return 0
    ours = (each for each in found if any(function_of(tag, app) for tag in each.get("imageTags", ())))
    return sum(each.get("imageSizeInBytes", 0) for each in ours)


def _archives(clients: Clients, app: str, bucket: str) -> int:
    pages = clients.s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, Prefix=folder_of(app), PaginationConfig={"MaxItems": MOST}
    )
    return sum(each["Size"] for page in pages for each in page.get("Versions", []))
