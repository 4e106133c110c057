"""The account's alias: a name beside its number.

https://docs.aws.amazon.com/IAM/latest/UserGuide/account-alias-create.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.iam.errors import exists, missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.store import Store

_KEY = "alias"


class AliasOperations:
    """Give, take and tell the account's alias."""

    def __init__(self, store: Store) -> None:
        self._account = store.documents("iam-account")

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "CreateAccountAlias": self.create,
            "DeleteAccountAlias": self.delete,
            "ListAccountAliases": self.aliases,
        }

    async def create(self, _context: RequestContext, params: Params) -> Result:
        """The account has this alias, and no other any more."""
        alias = params["AccountAlias"]
        if self._names() == [alias]:
            raise exists(f"The account alias {alias} already exists.")
        self._account.put(_KEY, {"AccountAlias": alias})
        return {}

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """The account has none any more."""
        if self._names() != [params["AccountAlias"]]:
            raise missing(f"The account alias {params['AccountAlias']} cannot be found.")
        self._account.delete(_KEY)
        return {}

    async def aliases(self, _context: RequestContext, _params: Params) -> Result:
        """The alias, if the account has one."""
        return {"AccountAliases": self._names(), "IsTruncated": False}

    def _names(self) -> list[str]:
        known = self._account.get(_KEY)
        return [known["AccountAlias"]] if known else []
