"""Amazon ECR: repositories and images, with an OCI registry as its data plane.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/Welcome.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.http import Route
from mlfn_localstack.services.ecr.model import EcrState
from mlfn_localstack.services.ecr.operations_account import AccountOperations
from mlfn_localstack.services.ecr.operations_authorization import AuthorizationOperations
from mlfn_localstack.services.ecr.operations_images import ImageOperations
from mlfn_localstack.services.ecr.operations_repositories import RepositoryOperations
from mlfn_localstack.services.ecr.operations_settings import SettingsOperations
from mlfn_localstack.services.ecr.passwords import Passwords
from mlfn_localstack.services.ecr.registry import Registry
from mlfn_localstack.services.ecr.registry_ids import own_registry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.service import Environment, Operation


class Ecr:
    """ECR."""

    name = "ecr"

    def __init__(self, environment: Environment) -> None:
        state = EcrState(environment)
        passwords = Passwords(environment)
        self._registry = Registry(environment, state, passwords)
        operations: dict[str, Operation] = {
            **AuthorizationOperations(environment, passwords).operations(),
            **RepositoryOperations(environment, state).operations(),
            **ImageOperations(state).operations(),
            **SettingsOperations(state).operations(),
            **AccountOperations(state).operations(),
        }
        self._operations = {name: own_registry(operation) for name, operation in operations.items()}

    def operations(self) -> Mapping[str, Operation]:
        """Every supported operation."""
        return self._operations

    def routes(self) -> Sequence[Route]:
        """The OCI distribution API."""
        return (Route(handler=self._registry.handle, prefix="/v2/"),)

    async def start(self) -> None:
        """Uploads that were under way can be gone on with: their files are there."""

    async def stop(self) -> None:
        """Nothing to let go of."""
