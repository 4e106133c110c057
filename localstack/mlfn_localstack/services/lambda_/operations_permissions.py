"""AddPermission, RemovePermission, GetPolicy."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.names import LATEST
from mlfn_localstack.services.lambda_.revisions import renew

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.lambda_.names import FunctionReference
    from mlfn_localstack.services.lambda_.state import LambdaState

_STATEMENT_ID = re.compile(r"[a-zA-Z0-9-_]+")
_ACTION = re.compile(r"lambda:[*]|lambda:[a-zA-Z]+|[*]")
_CONDITIONS = {
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
    "InvokedViaFunctionUrl": ("Bool", "lambda:InvokedViaFunctionUrl"),
}
"""Members of AddPermission that become conditions."""
_NO_POLICY = "The resource you requested does not exist."


class PermissionOperations:
    """Resource policies, one per function, version and alias."""

    def __init__(self, state: LambdaState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"AddPermission": self.add, "RemovePermission": self.remove, "GetPolicy": self.get}

    async def add(self, context: RequestContext, params: Params) -> Result:
        """The new statement, as JSON text."""
        reference = self._reference(params)
        _check(params)
        statements = self._statements(reference)
        self._check_revision(params, reference)
        check_new(params["StatementId"], statements)
        arn = self._state.repository.arns.function(reference.name, reference.qualifier)
        statement = _statement(params, arn, context.account_id)
        self._put(reference, [*statements, statement])
        return {"Statement": json.dumps(statement, separators=(",", ":"))}

    async def remove(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the statement is gone."""
        named = self._state.reference(params)
        if not self._state.repository.exists(named.name):
            arn = self._state.repository.arns.function(named.name, named.qualifier)
            raise errors.not_found(f"No policy found for: {arn}")
        reference = self._reference(params)
        statements = self._statements(reference)
        if not statements:
            raise errors.not_found("No policy is associated with the given resource.")
        kept = [statement for statement in statements if statement["Sid"] != params["StatementId"]]
        if len(kept) == len(statements):
            raise errors.not_found(f"Statement {params['StatementId']} is not found in resource policy.")
        self._check_revision(params, reference)
        self._put(reference, kept)
        return {}

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """The policy as JSON text, and its revision."""
        reference = self._state.reference(params)
        statements = self._statements(reference)
        if not statements or not self._state.repository.exists(reference.name):
            raise errors.not_found(_NO_POLICY)
        return {"Policy": policy_text(statements), "RevisionId": self._state.revision(reference)}

    def _reference(self, params: Params) -> FunctionReference:
        reference = self._state.reference(params)
        if reference.qualifier == LATEST:
            raise errors.invalid_parameter("We currently do not support adding policies for $LATEST.")
        self._state.published(reference)
        return reference

    def _statements(self, reference: FunctionReference) -> list[dict[str, Any]]:
        return list((self._state.policies.get(_key(reference)) or {"Statement": []})["Statement"])

    def _put(self, reference: FunctionReference, statements: list[dict[str, Any]]) -> None:
        if statements:
            self._state.policies.put(_key(reference), {"Statement": statements})
        else:
            self._state.policies.delete(_key(reference))
        renew(self._state.repository, reference)

    def _check_revision(self, params: Params, reference: FunctionReference) -> None:
        if params.get("RevisionId") and params["RevisionId"] != self._state.revision(reference):
            raise errors.stale_revision("GetPolicy")


def check_new(statement_id: str, statements: list[dict[str, Any]]) -> None:
    """Refuse an id that a policy has already.

    Raises:
        ServiceError: ResourceConflictException.
    """
    if any(statement["Sid"] == statement_id for statement in statements):
        raise errors.conflict(
            f"The statement id ({statement_id}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        )


def policy_text(statements: list[dict[str, Any]]) -> str:
    """A policy of these statements as Lambda shows it."""
    return json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": statements}, separators=(",", ":"))


def _key(reference: FunctionReference) -> str:
    return f"{reference.name}:{reference.qualifier or ''}"


def _check(params: Params) -> None:
    for value, member, pattern in (
        (params["StatementId"], "statementId", _STATEMENT_ID),
        (params["Action"], "action", _ACTION),
    ):
        if not pattern.fullmatch(value):
            constraint = f"Member must satisfy regular expression pattern: ({pattern.pattern})"
            raise errors.validation(value, member, constraint)


def _statement(params: Params, arn: str, account_id: str) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": principal(params["Principal"], account_id),
        "Action": params["Action"],
        "Resource": arn,
    }
    condition = _condition(params)
    if condition:
        statement["Condition"] = condition
    return statement


def _condition(params: Params) -> dict[str, Any]:
    """What must hold of a call, in the order in which Lambda writes it."""
    condition: dict[str, Any] = {}
    for member, (operator, key) in _CONDITIONS.items():
        if params.get(member) is not None:
            value = params[member]
            shown = str(value).lower() if isinstance(value, bool) else value
            condition.setdefault(operator, {})[key] = shown
    return condition


def principal(text: str, account_id: str) -> Any:
    """The principal of a statement, as a policy writes it.

    Raises:
        ServiceError: it is none.
    """
    if text == "*":
        return "*"
    if text.startswith("arn:"):
        return {"AWS": text}
    if text.isdigit() and len(text) == len(account_id):
        return {"AWS": f"arn:aws:iam::{text}:root"}
    if re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com", text):
        return {"Service": text}
    raise errors.invalid_parameter("The provided principal was invalid. Please check the principal and try again.")
