"""AWS Secrets Manager: secrets with versions, encrypted where they lie.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html

Not there, and refused by name: replicas, and rotations that AWS manages.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mlfn_localstack.services.events.ticker import Ticker
from mlfn_localstack.services.secretsmanager.encryption import Encryption
from mlfn_localstack.services.secretsmanager.model import SecretState
from mlfn_localstack.services.secretsmanager.operations_deletion import DeletionOperations
from mlfn_localstack.services.secretsmanager.operations_passwords import PasswordOperations
from mlfn_localstack.services.secretsmanager.operations_policies import PolicyOperations
from mlfn_localstack.services.secretsmanager.operations_rotation import RotationOperations
from mlfn_localstack.services.secretsmanager.operations_secrets import SecretOperations
from mlfn_localstack.services.secretsmanager.operations_tags import TagOperations
from mlfn_localstack.services.secretsmanager.operations_values import ValueOperations
from mlfn_localstack.services.secretsmanager.operations_versions import VersionOperations
from mlfn_localstack.services.secretsmanager.rotation import Rotations
from mlfn_localstack.services.secretsmanager.storing import Storing
from mlfn_localstack.turns import in_turn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.http import Route
    from mlfn_localstack.service import Environment, Operation


_WRITING = frozenset(
    {
        *("CancelRotateSecret", "CreateSecret", "DeleteResourcePolicy", "DeleteSecret", "PutResourcePolicy"),
        *("PutSecretValue", "RestoreSecret", "RotateSecret", "TagResource", "UntagResource", "UpdateSecret"),
        "UpdateSecretVersionStage",
    }
)


class SecretsManager:
    """Secrets Manager."""

    name = "secretsmanager"

    def __init__(self, environment: Environment) -> None:
        state, encryption = SecretState(environment), Encryption(environment)
        storing = Storing(state, encryption)
        self._rotations = Rotations(state, environment.gateway)
        self._ticker = Ticker(self._rotations, environment.store, time.time)
        groups = (
            SecretOperations(state, storing),
            ValueOperations(state, storing, encryption),
            VersionOperations(state),
            RotationOperations(state, self._rotations, self._ticker.changed),
            DeletionOperations(state),
            TagOperations(state),
            PasswordOperations(),
            PolicyOperations(state),
        )
        operations = {name: operation for group in groups for name, operation in group.operations().items()}
        self._operations = in_turn(operations, _WRITING, state.turn)

    def operations(self) -> Mapping[str, Operation]:
        """Every supported operation."""
        return self._operations

    def routes(self) -> Sequence[Route]:
        """None."""
        return ()

    async def start(self) -> None:
        """Go on with rotations; secrets that are due to be deleted go when they are next looked at."""
        self._rotations.resume()
        self._ticker.start()

    async def stop(self) -> None:
        """Leave the rest for the next start."""
        await self._ticker.stop()
        await self._rotations.stop()
