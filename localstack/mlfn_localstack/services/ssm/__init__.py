"""AWS Systems Manager's Parameter Store: texts by name, with versions; secure ones are encrypted where they lie.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html

Not there, and refused by name: parameter policies, parameters shared by other accounts, and whatever else Systems
Manager does.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mlfn_localstack.services.ssm.encryption import Encryption
from mlfn_localstack.services.ssm.model import ParameterState
from mlfn_localstack.services.ssm.operations_parameters import ParameterOperations
from mlfn_localstack.services.ssm.operations_tags import TagOperations
from mlfn_localstack.services.ssm.operations_values import ValueOperations
from mlfn_localstack.services.ssm.operations_versions import VersionOperations
from mlfn_localstack.turns import in_turn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.http import Route
    from mlfn_localstack.service import Environment, Operation


_WRITING = frozenset(
    {
        *("AddTagsToResource", "DeleteParameter", "DeleteParameters", "LabelParameterVersion", "PutParameter"),
        *("RemoveTagsFromResource", "UnlabelParameterVersion"),
    }
)


class Ssm:
    """The Parameter Store."""

    name = "ssm"

    def __init__(self, environment: Environment) -> None:
        state, encryption = ParameterState(environment), Encryption(environment)
        groups = (
            ParameterOperations(state, encryption),
            ValueOperations(state, encryption),
            VersionOperations(state, encryption),
            TagOperations(state),
        )
        operations = {name: operation for group in groups for name, operation in group.operations().items()}
        self._operations = in_turn(operations, _WRITING, asyncio.Lock())

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
