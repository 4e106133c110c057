"""Resource policies of CloudWatch Logs: kept, applied to nobody (services of the emulator may write anyway)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.auth.policy import PolicySyntaxError, parse_policy
from mlfn_localstack.page_tokens import place_of
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.logs.errors import invalid
from mlfn_localstack.services.logs.model import now_ms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Environment, Operation, Params, RequestContext, Result

_DEFAULT_PAGE = 50
_MAX_POLICIES = 10


class ResourcePolicyOperations:
    """Put, describe and delete the account's policies."""

    def __init__(self, environment: Environment) -> None:
        self._policies = environment.store.documents("logs-resource-policy")

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "DeleteResourcePolicy": self.delete,
            "DescribeResourcePolicies": self.describe,
            "PutResourcePolicy": self.put,
        }

    async def put(self, context: RequestContext, params: Params) -> Result:
        """A policy is there, or is changed."""
        _check(params)
        name, text = params.get("policyName", ""), params.get("policyDocument", "")
        try:
            parse_policy(text)
        except PolicySyntaxError as error:
            raise invalid(f"Invalid policy document: {error}") from error
        if self._policies.get(name) is None and len(list(self._policies.items())) >= _MAX_POLICIES:
            raise ServiceError("LimitExceededException", "Resource limit exceeded.")
        policy = {
            "policyName": name,
            "policyDocument": text,
            "lastUpdatedTime": now_ms(),
            "policyScope": "ACCOUNT",
        }
        self._policies.put(name, policy)
        return {"resourcePolicy": policy}

    async def describe(self, context: RequestContext, params: Params) -> Result:
        """The account's policies by name."""
        found = [policy for _, policy in self._policies.items()]
        start = place_of(params.get("nextToken")) or 0
        end = start + params.get("limit", _DEFAULT_PAGE)
        page: Result = {"resourcePolicies": found[start:end]}
        return page | {"nextToken": str(end)} if end < len(found) else page

    async def delete(self, context: RequestContext, params: Params) -> Result:
        """A policy goes."""
        _check(params)
        name = params.get("policyName", "")
        if self._policies.get(name) is None:
            raise ServiceError("ResourceNotFoundException", f"Policy with name [{name}] does not exist.")
        self._policies.delete(name)
        return {}


def _check(params: Params) -> None:
    """Refuse policies of single log groups, and the revisions that they alone have."""
    given = [member for member in ("resourceArn", "expectedRevisionId") if member in params]
    if given:
        raise invalid(f"The emulator does not support {given[0]} of resource policies.")
