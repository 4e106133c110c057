"""Other names for keys."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.kms import errors
from mlfn_localstack.services.kms.model import Key, KmsState, page, usable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.kms.access import KeyAccess

_BAD_NAME = (
    'Alias must start with the prefix "alias/". Please see '
    "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
)


class AliasOperations:
    """Create, move, list and delete aliases."""

    def __init__(self, state: KmsState, access: KeyAccess) -> None:
        self._state = state
        self._access = access

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "CreateAlias": self.create,
            "DeleteAlias": self.delete,
            "ListAliases": self.list,
            "UpdateAlias": self.update,
        }

    async def create(self, context: RequestContext, params: Params) -> Result:
        """A new alias."""
        name = params["AliasName"]
        if not name.startswith("alias/") or len(name) == len("alias/"):
            raise errors.invalid(_BAD_NAME)
        if name.startswith("alias/aws/"):
            raise ServiceError("NotAuthorizedException", "")
        if self._state.aliases.get(name) is not None:
            raise ServiceError(
                "AlreadyExistsException", f"An alias with the name {self._state.arn(name)} already exists"
            )
        key_id = self._target(context, params["TargetKeyId"])["Metadata"]["KeyId"]
        now = round(time.time(), 3)
        self._state.aliases.put(name, {"TargetKeyId": key_id, "CreationDate": now, "LastUpdatedDate": now})
        return {}

    async def update(self, context: RequestContext, params: Params) -> Result:
        """Point an alias at another key of the same kind."""
        name = params["AliasName"]
        alias = self._alias(name)
        old, new = self._state.key(name), self._target(context, params["TargetKeyId"])
        self._access.check(context, old)
        if old["Metadata"]["KeyUsage"] != new["Metadata"]["KeyUsage"]:
            usages = f"from {old['Metadata']['KeyUsage']} to {new['Metadata']['KeyUsage']}"
            raise errors.invalid(f"Alias {self._state.arn(name)} cannot be changed {usages}")
        key_id = new["Metadata"]["KeyId"]
        self._state.aliases.put(name, alias | {"TargetKeyId": key_id, "LastUpdatedDate": round(time.time(), 3)})
        return {}

    async def delete(self, context: RequestContext, params: Params) -> Result:
        """Forget an alias."""
        self._alias(params["AliasName"])
        self._access.check(context, self._state.key(params["AliasName"]))
        self._state.aliases.delete(params["AliasName"])
        return {}

    async def list(self, context: RequestContext, params: Params) -> Result:
        """All aliases, or one key's."""
        wanted = self._state.key(params["KeyId"])["Metadata"]["KeyId"] if "KeyId" in params else None
        shown = [
            {"AliasName": name, "AliasArn": self._state.arn(name), **alias}
            for name, alias in self._state.aliases.items()
            if wanted in (None, alias["TargetKeyId"])
        ]
        return page(params, "Aliases", shown)

    def _target(self, context: RequestContext, given: str) -> Key:
        if given.startswith("alias/"):
            raise errors.invalid("Aliases must refer to keys. Not aliases")
        key = self._state.key(given)
        self._access.check(context, key)
        if key["Metadata"]["KeyState"] == "PendingDeletion":
            usable(key)
        return key

    def _alias(self, name: str) -> dict[str, Any]:
        alias: dict[str, Any] | None = self._state.aliases.get(name)
        if alias is None:
            raise errors.not_found(f"Alias {self._state.arn(name)} is not found.")
        return alias
