"""Who a caller is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result


class IdentityOperations:
    """GetCallerIdentity and GetAccessKeyInfo."""

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {"GetAccessKeyInfo": self.get_access_key_info, "GetCallerIdentity": self.get_caller_identity}

    async def get_access_key_info(self, context: RequestContext, params: Params) -> Result:
        """The account that a key belongs to: here there is only one."""
        return {"Account": context.account_id}

    async def get_caller_identity(self, context: RequestContext, params: Params) -> Result:
        """The caller as its signature proves it."""
        caller = context.caller
        return {"UserId": caller.user_id, "Account": caller.account_id, "Arn": caller.arn}
