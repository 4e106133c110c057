"""GetAccountSettings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_.code import MAX_ZIP_BYTES
from mlfn_localstack.services.lambda_.execution.zips import MAX_UNZIPPED_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.lambda_.state import LambdaState

TOTAL_CODE_BYTES = 80_530_636_800


class AccountOperations:
    """The account as a whole."""

    def __init__(self, state: LambdaState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"GetAccountSettings": self.settings}

    async def settings(self, _context: RequestContext, _params: Params) -> Result:
        """Limits, and how much of them is used."""
        repository = self._state.repository
        functions = repository.functions()
        kept = [version for each in functions for version in (each.latest, *repository.versions(each.latest.name))]
        return {
            "AccountLimit": {
                "TotalCodeSize": TOTAL_CODE_BYTES,
                "CodeSizeUnzipped": MAX_UNZIPPED_BYTES,
                "CodeSizeZipped": MAX_ZIP_BYTES,
                "ConcurrentExecutions": self._state.concurrency.account_limit,
                "UnreservedConcurrentExecutions": self._state.concurrency.unreserved(),
            },
            "AccountUsage": {
                "TotalCodeSize": sum(version.configuration["CodeSize"] for version in kept)
                + sum(layer.size for layer in self._state.layers.all()),
                "FunctionCount": len(functions),
            },
        }
