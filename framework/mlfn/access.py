"""Who may call, as `access=` says it; and the role that callers from other accounts take on."""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would cost every cold start 10 ms
if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_ROLE_NAME = 64
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


class Jwt:
    """Holders of a token of one issuer: `access=[Jwt("https://login.example.com", audience="reviews")]`.

    A token is taken if its `iss` is the issuer (an https URL), its `aud` or `client_id` one of the audiences and, where
    scopes are given, its `scope` has one of them:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
    """

    __slots__ = ("audience", "issuer", "scopes")

    def __init__(self, issuer: str, *, audience: str | Sequence[str], scopes: Sequence[str] = ()) -> None:
        self.issuer = issuer
        self.audience = audience
        self.scopes = scopes

    def __repr__(self) -> str:
        return f"Jwt({self.issuer!r}, audience={self.audience!r}, scopes={self.scopes!r})"


def callers_role(app: str, stage: str, name: str) -> str:
    """The name of the role through which other accounts call a model or pipeline."""
    role = f"{app}-{stage}-{name}-callers"
    if len(role) <= LONGEST_ROLE_NAME:
        return role
    from mlfn.sha256 import sha256  # noqa: PLC0415 - long names are rare

    return f"{role[: LONGEST_ROLE_NAME - 9]}-{sha256(role.encode()).hex()[:8]}"
