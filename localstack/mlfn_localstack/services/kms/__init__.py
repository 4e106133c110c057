"""AWS Key Management Service: keys that never leave, and what can be done with them.

https://docs.aws.amazon.com/kms/latest/APIReference/Welcome.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.kms.access import KeyAccess
from mlfn_localstack.services.kms.grants import Grants
from mlfn_localstack.services.kms.model import KmsState
from mlfn_localstack.services.kms.operations_aliases import AliasOperations
from mlfn_localstack.services.kms.operations_encryption import EncryptionOperations
from mlfn_localstack.services.kms.operations_grants import GrantOperations
from mlfn_localstack.services.kms.operations_import import ImportOperations
from mlfn_localstack.services.kms.operations_keys import KeyOperations
from mlfn_localstack.services.kms.operations_policies import PolicyOperations
from mlfn_localstack.services.kms.operations_rotation import RotationOperations
from mlfn_localstack.services.kms.operations_signing import SigningOperations
from mlfn_localstack.services.kms.unserved import served

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.http import Route
    from mlfn_localstack.service import Environment, Operation


class Kms:
    """KMS."""

    name = "kms"

    def __init__(self, environment: Environment) -> None:
        state, grants = KmsState(environment), Grants(environment.store)
        access = KeyAccess(environment.store, grants)
        operations: dict[str, Operation] = {
            **KeyOperations(state, access).operations(),
            **AliasOperations(state, access).operations(),
            **EncryptionOperations(state, access).operations(),
            **SigningOperations(state, access).operations(),
            **ImportOperations(state, access).operations(),
            **RotationOperations(state, access).operations(),
            **PolicyOperations(state, access).operations(),
            **GrantOperations(state, access, grants).operations(),
        }
        self._operations = {name: served(operation) for name, operation in operations.items()}

    def operations(self) -> Mapping[str, Operation]:
        """Every supported operation."""
        return self._operations

    def routes(self) -> Sequence[Route]:
        """None."""
        return ()

    async def start(self) -> None:
        """Nothing was under way: keys that are due go when they are next looked at."""

    async def stop(self) -> None:
        """Nothing to let go of."""
