"""What a request to the registry needs: the permissions of ECR's own operations, as policies name them.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from mlfn_localstack.auth.authorizer import Authorizer
from mlfn_localstack.service import Caller, RequestContext, ServiceError
from mlfn_localstack.services.ecr.registry.answers import RegistryError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.service import Environment

BLOBS = {"HEAD": ("BatchCheckLayerAvailability",), "GET": ("GetDownloadUrlForLayer",)}
MANIFESTS = {
    "HEAD": ("BatchGetImage",),
    "GET": ("BatchGetImage",),
    "PUT": ("PutImage",),
    "DELETE": ("BatchDeleteImage",),
}
TAGS = {"GET": ("ListImages",)}
MOUNT = "GetDownloadUrlForLayer"
"""On the repository that has the layer already."""


def uploading(request: HttpRequest) -> tuple[str, ...]:
    """What a part of an upload needs: its beginning and end may come with the content, or be the same request."""
    adds = ("UploadLayerPart",) if request.body or request.spooled else ()
    match request.method:
        case "POST":
            ends = ("CompleteLayerUpload",) if "digest=" in request.raw_query else ()
            return ("InitiateLayerUpload", *adds, *ends)
        case "PUT":
            return (*adds, "CompleteLayerUpload")
        case _:
            return ("UploadLayerPart",)


class Permissions:
    """Asks IAM what whoever has a password may do."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._authorizer = Authorizer(environment.store)

    def check(self, request: HttpRequest, caller: Caller, repository: str, operations: Iterable[str]) -> None:
        """Return if a caller may do these operations on a repository.

        Raises:
            RegistryError: 403.
        """
        for operation in operations:
            try:
                self._authorizer.authorize(self._context(request, caller, operation), {"repositoryName": repository})
            except ServiceError as error:
                raise RegistryError(403, "DENIED", error.message) from error

    def lets(self, request: HttpRequest, caller: Caller, repository: str, operation: str) -> bool:
        """Whether a caller may."""
        try:
            self.check(request, caller, repository, (operation,))
        except RegistryError:
            return False
        return True

    def _context(self, request: HttpRequest, caller: Caller, operation: str) -> RequestContext:
        environment = self._environment
        return RequestContext(
            service="ecr",
            operation=operation,
            region=environment.region,
            account_id=environment.account_id,
            caller=caller,
            request_id=str(uuid.uuid4()),
            endpoint=environment.endpoint,
            source_ip=request.client,
            fields=request.fields,
        )
