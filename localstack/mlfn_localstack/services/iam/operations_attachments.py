"""Inline and attached policies of roles, users and groups: the same operations under three names."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from mlfn_localstack.services.iam.errors import missing, no_policy, not_found, over_quota
from mlfn_localstack.services.iam.model import IamState, check_policy_arn, checked_policy, page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_ATTACHED_QUOTA = 10


class AttachmentOperations:
    """Policies of one kind of entity: `Role`, `User` or `Group`."""

    def __init__(self, state: IamState, kind: str) -> None:
        self._state = state
        self._kind = kind
        self._name = f"{kind}Name"

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        kind = self._kind
        return {
            f"Attach{kind}Policy": self.attach,
            f"Delete{kind}Policy": self.delete_inline,
            f"Detach{kind}Policy": self.detach,
            f"Get{kind}Policy": self.get_inline,
            f"ListAttached{kind}Policies": self.list_attached,
            f"List{kind}Policies": self.list_inline,
            f"Put{kind}Policy": self.put_inline,
        }

    async def put_inline(self, context: RequestContext, params: Params) -> Result:
        """Add or replace an inline policy."""
        entity = self._state.entity(self._kind, params[self._name])
        checked_policy(params["PolicyDocument"], managed=False)
        entity["Inline"][params["PolicyName"]] = params["PolicyDocument"]
        self._state.save(self._kind, entity)
        return {}

    async def get_inline(self, context: RequestContext, params: Params) -> Result:
        """An inline policy."""
        entity = self._state.entity(self._kind, params[self._name])
        text = entity["Inline"].get(params["PolicyName"])
        if text is None:
            raise not_found(f"{self._kind.lower()} policy", params["PolicyName"])
        return {
            self._name: entity[self._name],
            "PolicyName": params["PolicyName"],
            "PolicyDocument": quote(text, safe=""),
        }

    async def delete_inline(self, context: RequestContext, params: Params) -> Result:
        """Remove an inline policy."""
        entity = self._state.entity(self._kind, params[self._name])
        if entity["Inline"].pop(params["PolicyName"], None) is None:
            raise not_found(f"{self._kind.lower()} policy", params["PolicyName"])
        self._state.save(self._kind, entity)
        return {}

    async def list_inline(self, context: RequestContext, params: Params) -> Result:
        """The names of the inline policies."""
        entity = self._state.entity(self._kind, params[self._name])
        return page(params, "PolicyNames", sorted(entity["Inline"]))

    async def attach(self, context: RequestContext, params: Params) -> Result:
        """Attach a managed policy; again is no mistake."""
        entity, arn = self._state.entity(self._kind, params[self._name]), params["PolicyArn"]
        check_policy_arn(arn)
        if self._state.identities.managed_policy(arn) is None:
            raise no_policy(arn)
        if arn not in entity["Attached"]:
            if len(entity["Attached"]) >= _ATTACHED_QUOTA:
                raise over_quota(f"PoliciesPer{self._kind}", _ATTACHED_QUOTA)
            entity["Attached"].append(arn)
            self._state.save(self._kind, entity)
        return {}

    async def detach(self, context: RequestContext, params: Params) -> Result:
        """Take a managed policy away."""
        entity, arn = self._state.entity(self._kind, params[self._name]), params["PolicyArn"]
        if arn not in entity["Attached"]:
            raise missing(f"Policy {arn} was not found.")
        entity["Attached"].remove(arn)
        self._state.save(self._kind, entity)
        return {}

    async def list_attached(self, context: RequestContext, params: Params) -> Result:
        """The attached managed policies."""
        entity = self._state.entity(self._kind, params[self._name])
        attached = [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in entity["Attached"]]
        return page(params, "AttachedPolicies", attached)
