"""Resource policies of secrets; requests are held to them beside IAM's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.auth.policy import PolicySyntaxError, parse_policy
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.auth.policy import Statement
    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.secretsmanager.model import SecretState


class PolicyOperations:
    """Who may use a secret, by its own word."""

    def __init__(self, state: SecretState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "DeleteResourcePolicy": self.delete,
            "GetResourcePolicy": self.get,
            "PutResourcePolicy": self.put,
            "ValidateResourcePolicy": self.validate,
        }

    async def put(self, _context: RequestContext, params: Params) -> Result:
        """The secret has that policy."""
        secret, statements = self._state.usable(params["SecretId"]), _parsed(params["ResourcePolicy"])
        if params.get("BlockPublicPolicy") and _is_public(statements):
            message = "You can't attach a resource policy that allows broad access to the secret."
            raise ServiceError("PublicPolicyException", message)
        self._state.save(secret | {"ResourcePolicy": params["ResourcePolicy"]})
        return {"ARN": secret["ARN"], "Name": secret["Name"]}

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """The secret's policy, if it has one."""
        secret = self._state.usable(params["SecretId"])
        named = {"ARN": secret["ARN"], "Name": secret["Name"]}
        return named | {name: secret[name] for name in ("ResourcePolicy",) if name in secret}

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """The secret has no policy."""
        secret = self._state.usable(params["SecretId"])
        secret.pop("ResourcePolicy", None)
        self._state.save(secret)
        return {"ARN": secret["ARN"], "Name": secret["Name"]}

    async def validate(self, _context: RequestContext, params: Params) -> Result:
        """What is wrong with a policy."""
        if "SecretId" in params:
            self._state.usable(params["SecretId"])
        statements = _parsed(params["ResourcePolicy"])
        problem = {"CheckName": "PublicAccess", "ErrorMessage": "The policy allows broad access to the secret."}
        found = [problem] if _is_public(statements) else []
        return {"PolicyValidationPassed": not found, "ValidationErrors": found}


def _parsed(text: str) -> tuple[Statement, ...]:
    try:
        return parse_policy(text)
    except PolicySyntaxError as error:
        message = f"This resource policy contains a syntax error. {error}"
        raise ServiceError("MalformedPolicyDocumentException", message) from error


def _is_public(statements: tuple[Statement, ...]) -> bool:
    return any(
        statement.allow and not statement.conditions and any(value == "*" for _, value in statement.principals or ())
        for statement in statements
    )
