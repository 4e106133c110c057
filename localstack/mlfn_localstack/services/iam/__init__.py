"""AWS IAM: roles, users, groups, access keys and policies.

https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.iam.model import IamState
from mlfn_localstack.services.iam.operations_absent import AbsentOperations
from mlfn_localstack.services.iam.operations_access_keys import AccessKeyOperations
from mlfn_localstack.services.iam.operations_account import AccountOperations
from mlfn_localstack.services.iam.operations_aliases import AliasOperations
from mlfn_localstack.services.iam.operations_attachments import AttachmentOperations
from mlfn_localstack.services.iam.operations_federation import FederationOperations
from mlfn_localstack.services.iam.operations_groups import GroupOperations
from mlfn_localstack.services.iam.operations_policies import PolicyOperations
from mlfn_localstack.services.iam.operations_roles import RoleOperations
from mlfn_localstack.services.iam.operations_simulation import SimulationOperations
from mlfn_localstack.services.iam.operations_tags import TagOperations
from mlfn_localstack.services.iam.operations_users import UserOperations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.http import Route
    from mlfn_localstack.service import Environment, Operation


class Iam:
    """IAM."""

    name = "iam"

    def __init__(self, environment: Environment) -> None:
        state = IamState(environment.store, environment.account_id)
        self._operations: dict[str, Operation] = {
            **RoleOperations(state).operations(),
            **UserOperations(state).operations(),
            **GroupOperations(state).operations(),
            **AccessKeyOperations(state).operations(),
            **AccountOperations(state).operations(),
            **PolicyOperations(state).operations(),
            **AttachmentOperations(state, "Role").operations(),
            **AttachmentOperations(state, "User").operations(),
            **AttachmentOperations(state, "Group").operations(),
            **TagOperations(state).operations(),
            **SimulationOperations(state).operations(),
            **AbsentOperations(state).operations(),
            **AliasOperations(environment.store).operations(),
            **FederationOperations(environment.store).operations(),
        }

    def operations(self) -> Mapping[str, Operation]:
        """Every supported operation."""
        return self._operations

    def routes(self) -> Sequence[Route]:
        """None."""
        return ()

    async def start(self) -> None:
        """Nothing was under way."""

    async def stop(self) -> None:
        """Nothing to let go of."""
