"""Who called, and how sure we are: from the gateway's own context or Lambda's, never from the request itself."""

from __future__ import annotations

from mlfn.shadowing import SHADOW

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CLAIMED, ASSERTED, AUTHENTICATED, PROVEN = 0, 1, 2, 3


class Caller:
    """A caller as a record names it; an unknown one has no id."""

    __slots__ = ("assurance", "claims", "id", "path", "type")

    def __init__(
        self, id: str | None, type: str, assurance: int, path: str, claims: dict[str, Any] | None = None
    ) -> None:
        self.id = id
        self.type = type
        self.assurance = assurance
        self.path = path
        self.claims = claims or {}
        """Of the token that the gateway has checked."""


def gateway_caller(context: dict[str, Any]) -> Caller:
    """The caller an HTTP API's authoriser vouches for (payload format 2.0)."""
    authorizer = _dict(context.get("authorizer"))
    if iam := _dict(authorizer.get("iam")):
        return _iam_caller(iam)
    if claims := _dict(_dict(authorizer.get("jwt")).get("claims")):
        subject = claims.get("sub") or claims.get("client_id")
        return Caller(f"{claims.get('iss', '')}|{subject}", "jwt_subject", AUTHENTICATED, "http_jwt", claims)
    if own := _dict(authorizer.get("lambda")):
        principal = own.get("principalId")
        return Caller(str(principal) if principal else None, "unknown", ASSERTED, "http_lambda_auth")
    return Caller("anonymous", "anonymous", CLAIMED, "http_open")


def execution_caller(caller: Any, execution: str) -> Caller:
    """The caller a state machine passes on: asserted at most, since a state's input vouches for nobody."""
    passed_on = _passed_on(_dict(caller), "sfn")
    return passed_on or Caller(execution.rpartition(":")[0] or None, "pipeline", ASSERTED, "sfn")


def copied_caller(caller: Any) -> Caller:
    """The caller of the call that this one is a copy of, as the function tells that sent it."""
    return _passed_on(_dict(caller), SHADOW) or Caller(None, "unknown", CLAIMED, SHADOW)


def _passed_on(caller: dict[str, Any], path: str) -> Caller | None:
    """A caller that another function has known: asserted at most, and what was a claim remains one."""
    if not isinstance(caller.get("id"), str) or not caller["id"]:
        return None
    kind, is_claimed = caller.get("type"), caller.get("assurance") == CLAIMED
    kind = kind if isinstance(kind, str) else "unknown"
    return Caller(caller["id"], kind, CLAIMED if is_claimed else ASSERTED, path)


def direct_caller(client_context: Any) -> Caller:
    """Whoever a direct caller claims to be: `custom.caller` of the client context."""
    claimed = _custom(client_context).get("caller")
    return Caller(claimed if isinstance(claimed, str) and claimed else None, "unknown", CLAIMED, "direct")


def proof_of(client_context: Any) -> Any:
    """What a direct caller sends to prove who it is: `custom.proof` of the client context, or None."""
    return _custom(client_context).get("proof")


def takes_kept(client_context: Any) -> bool:
    """Whether a direct caller follows answers to where they are kept: `custom.answers` of the client context."""
    return _custom(client_context).get("answers") == "kept"


def proven_caller(subject: str) -> Caller:
    """A direct caller whose proof holds."""
    return Caller(subject, _arn_type(subject) if subject.startswith("arn:") else "federated", PROVEN, "direct")


def _iam_caller(iam: dict[str, Any]) -> Caller:
    arn = str(iam.get("userArn") or iam.get("callerId") or "")
    cognito = _dict(iam.get("cognitoIdentity"))
    kind = "federated" if cognito.get("identityId") else _arn_type(arn)
    return Caller(arn or None, kind, AUTHENTICATED, "http_iam")


def _arn_type(arn: str) -> str:
    return _IAM_TYPES.get(arn.rpartition(":")[2].partition("/")[0], "unknown")


_IAM_TYPES = {
    "user": "iam_user",
    "root": "iam_user",
    "assumed-role": "iam_role",
    "role": "iam_role",
    "federated-user": "federated",
}


def _custom(client_context: Any) -> dict[str, Any]:
    return _dict(_dict(client_context).get("custom"))


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
