"""Resource policies of functions: who may call which version or alias, on whose behalf."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.lambda_ import errors

if TYPE_CHECKING:
    from mlfn_localstack.service import RequestContext
    from mlfn_localstack.services.lambda_.names import FunctionReference
    from mlfn_localstack.store import Documents

Statement = dict[str, Any]


def check_service_call(policies: Documents, reference: FunctionReference, arn: str, context: RequestContext) -> None:
    """Let a service principal in only if the policy of this very function, version or alias does.

    Raises:
        ServiceError: 403.
    """
    principal = context.caller.arn
    if not principal.endswith(".amazonaws.com") or principal == "lambda.amazonaws.com":
        return
    document = policies.get(f"{reference.name}:{reference.qualifier or ''}") or {"Statement": []}
    if not any(_allows(statement, context) for statement in document["Statement"]):
        message = (
            f"{principal} is not authorized to perform: lambda:InvokeFunction on resource: {arn} "
            "because no resource-based policy allows the lambda:InvokeFunction action"
        )
        raise errors.access_denied(message)


def _allows(statement: Statement, context: RequestContext) -> bool:
    principal = statement["Principal"]
    services = principal.get("Service") if isinstance(principal, dict) else None
    named = principal == "*" or context.caller.arn in ([services] if isinstance(services, str) else services or [])
    if not named or statement["Action"] not in {"lambda:InvokeFunction", "lambda:*", "*"}:
        return False
    return all(_holds(operator, wanted, context) for operator, wanted in statement.get("Condition", {}).items())


def _holds(operator: str, wanted: dict[str, str], context: RequestContext) -> bool:
    """One condition block, with the operators that AddPermission writes; any other denies."""
    actual = {"aws:sourcearn": context.source_arn, "aws:sourceaccount": context.account_id}
    for key, pattern in wanted.items():
        value = actual.get(key.lower())
        match operator:
            case "StringEquals":
                held = value == pattern
            case "ArnLike" | "StringLike":
                held = value is not None and arn_matches(value, pattern)
            case _:
                held = False
        if not held:
            return False
    return True


def arn_matches(arn: str, pattern: str) -> bool:
    """IAM's ArnLike: each of the six colon-separated parts matches with `*` and `?`."""
    parts, wanted = arn.split(":", 5), pattern.split(":", 5)
    if len(wanted) < 6:
        return fnmatch.fnmatchcase(arn, _literal_brackets(pattern))
    return len(parts) == 6 and all(
        fnmatch.fnmatchcase(part, _literal_brackets(want)) for part, want in zip(parts, wanted, strict=True)
    )


def _literal_brackets(pattern: str) -> str:
    return pattern.replace("[", "[[]")
