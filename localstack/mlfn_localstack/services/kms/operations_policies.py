"""Key policies and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.kms import errors
from mlfn_localstack.services.kms.access import KeyAccess, checked_policy
from mlfn_localstack.services.kms.model import Key, KmsState, page
from mlfn_localstack.services.kms.tags import check_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_DEFAULT = "default"
"""The only name that a key policy has."""


class PolicyOperations:
    """Who may use a key, and what it is tagged with."""

    def __init__(self, state: KmsState, access: KeyAccess) -> None:
        self._state = state
        self._access = access

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "GetKeyPolicy": self.get_policy,
            "ListKeyPolicies": self.list_policies,
            "ListResourceTags": self.list_tags,
            "PutKeyPolicy": self.put_policy,
            "TagResource": self.tag,
            "UntagResource": self.untag,
        }

    async def get_policy(self, context: RequestContext, params: Params) -> Result:
        """The key policy, as it was put."""
        key = self._key(context, params)
        if params.get("PolicyName", _DEFAULT) != _DEFAULT:
            raise errors.not_found("No such policy exists")
        return {"Policy": key["Policy"], "PolicyName": _DEFAULT}

    async def put_policy(self, context: RequestContext, params: Params) -> Result:
        """Replace the key policy, unless nobody here could do so again."""
        key, text = self._key(context, params), checked_policy(params["Policy"])
        self._access.check_lockout(context, params, text, key["Metadata"]["Arn"])
        self._state.save(key | {"Policy": text})
        return {}

    async def list_policies(self, context: RequestContext, params: Params) -> Result:
        """The one name a key policy has."""
        self._key(context, params)
        return page(params, "PolicyNames", [_DEFAULT])

    async def list_tags(self, context: RequestContext, params: Params) -> Result:
        """A key's tags."""
        tags = self._key(context, params)["Tags"]
        return page(params, "Tags", [{"TagKey": name, "TagValue": value} for name, value in tags.items()])

    async def tag(self, context: RequestContext, params: Params) -> Result:
        """Set tags."""
        key = self._key(context, params)
        check_tags(params["Tags"])
        put = {tag["TagKey"]: tag["TagValue"] for tag in params["Tags"]}
        self._state.save(key | {"Tags": key["Tags"] | put})
        return {}

    async def untag(self, context: RequestContext, params: Params) -> Result:
        """Remove tags."""
        key = self._key(context, params)
        kept = {name: value for name, value in key["Tags"].items() if name not in params["TagKeys"]}
        self._state.save(key | {"Tags": kept})
        return {}

    def _key(self, context: RequestContext, params: Params) -> Key:
        key = self._state.key(params["KeyId"])
        self._access.check(context, key)
        return key
