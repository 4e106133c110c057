"""Users' access keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.auth.principals import PrincipalKind, principal_of
from mlfn_localstack.credentials import new_access_key, new_secret_key
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.iam.errors import missing, over_quota
from mlfn_localstack.services.iam.model import Document, IamState, now, page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_KEYS_PER_USER = 2
_SHOWN = ("UserName", "AccessKeyId", "Status", "CreateDate")


class AccessKeyOperations:
    """Create, list, switch off and delete access keys."""

    def __init__(self, state: IamState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "CreateAccessKey": self.create_access_key,
            "DeleteAccessKey": self.delete_access_key,
            "ListAccessKeys": self.list_access_keys,
            "UpdateAccessKey": self.update_access_key,
        }

    async def create_access_key(self, context: RequestContext, params: Params) -> Result:
        """A new key, its secret shown this once."""
        user = self._user(context, params)
        if len(self._keys(user["UserName"])) >= _KEYS_PER_USER:
            raise over_quota("AccessKeysPerUser", _KEYS_PER_USER)
        key = {
            "UserName": user["UserName"],
            "UserId": user["UserId"],
            "Path": user["Path"],
            "AccessKeyId": new_access_key(),
            "SecretAccessKey": new_secret_key(),
            "Status": "Active",
            "CreateDate": now(),
        }
        self._state.access_keys.put(str(key["AccessKeyId"]), key)
        return {"AccessKey": {name: key[name] for name in (*_SHOWN, "SecretAccessKey")}}

    async def list_access_keys(self, context: RequestContext, params: Params) -> Result:
        """A user's keys, without their secrets."""
        keys = self._keys(self._user(context, params)["UserName"])
        return page(params, "AccessKeyMetadata", [{name: key[name] for name in _SHOWN} for key in keys])

    async def update_access_key(self, context: RequestContext, params: Params) -> Result:
        """Switch a key on or off."""
        key = self._key(context, params)
        self._state.access_keys.put(key["AccessKeyId"], key | {"Status": params["Status"]})
        return {}

    async def delete_access_key(self, context: RequestContext, params: Params) -> Result:
        """The key is good for nothing any more."""
        self._state.access_keys.delete(self._key(context, params)["AccessKeyId"])
        return {}

    def _user(self, context: RequestContext, params: Params) -> Document:
        caller = principal_of(context.caller.arn)
        name = params.get("UserName") or (caller.name if caller.kind is PrincipalKind.USER else None)
        if name is None:
            raise ServiceError("ValidationError", "Must specify userName when calling with non-User credentials")
        return self._state.entity("User", name)

    def _keys(self, user_name: str) -> list[Document]:
        return [key for _, key in self._state.access_keys.items() if key["UserName"] == user_name]

    def _key(self, context: RequestContext, params: Params) -> Document:
        key: Document | None = self._state.access_keys.get(params["AccessKeyId"])
        if key is None or key["UserName"] != self._user(context, params)["UserName"]:
            raise missing(f"The Access Key with id {params['AccessKeyId']} cannot be found.")
        return key
