"""AddLayerVersionPermission, GetLayerVersionPolicy and RemoveLayerVersionPermission."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.operations_permissions import check_new, policy_text, principal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.lambda_.state import LambdaState

_NO_POLICY = "No policy is associated with the given resource."


class LayerPermissionOperations:
    """Resource policies of layer versions, which say who else may have them."""

    def __init__(self, state: LambdaState) -> None:
        self._layers = state.layers
        self._policies = state.layer_policies

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "AddLayerVersionPermission": self.add,
            "GetLayerVersionPolicy": self.get,
            "RemoveLayerVersionPermission": self.remove,
        }

    async def add(self, context: RequestContext, params: Params) -> Result:
        """The new statement, as JSON text, and the policy's revision."""
        arn = self._existing(params)
        statements = self._statements(arn)
        check_new(params["StatementId"], statements)
        self._check_revision(params, arn)
        statement: dict[str, Any] = {
            "Sid": params["StatementId"],
            "Effect": "Allow",
            "Principal": principal(params["Principal"], context.account_id),
            "Action": params["Action"],
            "Resource": arn,
        }
        if params.get("OrganizationId"):
            statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": params["OrganizationId"]}}
        revision = self._put(arn, [*statements, statement])
        return {"Statement": json.dumps(statement, separators=(",", ":")), "RevisionId": revision}

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """The policy as JSON text, and its revision."""
        policy = self._policies.get(self._existing(params))
        if not policy or not policy["Statement"]:
            raise errors.not_found(_NO_POLICY)
        return {"Policy": policy_text(policy["Statement"]), "RevisionId": policy["RevisionId"]}

    async def remove(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the statement is gone."""
        arn = self._existing(params)
        statements = self._statements(arn)
        if not statements:
            raise errors.not_found(_NO_POLICY)
        self._check_revision(params, arn)
        kept = [each for each in statements if each["Sid"] != params["StatementId"]]
        if len(kept) == len(statements):
            raise errors.not_found(f"Statement {params['StatementId']} is not found in resource policy.")
        self._put(arn, kept)
        return {}

    def _existing(self, params: Params) -> str:
        reference = self._layers.own(params["LayerName"], params["VersionNumber"])
        if self._layers.find(reference) is None:
            raise errors.not_found(f"Layer version {reference.arn} does not exist.")
        return reference.arn

    def _statements(self, arn: str) -> list[dict[str, Any]]:
        return list((self._policies.get(arn) or {"Statement": []})["Statement"])

    def _check_revision(self, params: Params, arn: str) -> None:
        revision = (self._policies.get(arn) or {}).get("RevisionId")
        if params.get("RevisionId") and params["RevisionId"] != revision:
            raise errors.stale_revision("GetLayerPolicy")

    def _put(self, arn: str, statements: list[dict[str, Any]]) -> str:
        revision = str(uuid.uuid4())
        self._policies.put(arn, {"Statement": statements, "RevisionId": revision})
        return revision
