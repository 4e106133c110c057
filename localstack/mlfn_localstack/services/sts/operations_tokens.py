"""Tokens by which callers prove to others who they are.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.identities import Identities
from mlfn_localstack.auth.principals import PrincipalKind, principal_of
from mlfn_localstack.http import HttpRequest, HttpResponse
from mlfn_localstack.services.sts.errors import federation_disabled, no_origin_identity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn_localstack.service import Environment, Operation, Params, RequestContext, Result
    from mlfn_localstack.services.sts.signing_keys import SigningKeys

PREFIX = "/_aws/tokens/"
"""Where the issuer's documents are."""
NAMESPACE = "https://sts.amazonaws.com/"
DEFAULT_DURATION_S = 300
_FEDERATION = ("iam-account", "outbound-federation")
"""Where IAM keeps whether the account hands out tokens, and as which issuer."""


class TokenOperations:
    """GetWebIdentityToken, and the OpenID Connect documents of its issuer."""

    def __init__(self, environment: Environment, keys: SigningKeys, *, clock: Callable[[], float] = time.time) -> None:
        self._account = environment.store.documents(_FEDERATION[0])
        self._identities = Identities(environment.store)
        self._keys = keys
        self._clock = clock

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {"GetWebIdentityToken": self.get_web_identity_token}

    async def get_web_identity_token(self, context: RequestContext, params: Params) -> Result:
        """A signed statement of who the caller is, for the audience it names."""
        federation = self._account.get(_FEDERATION[1])
        if not federation or not federation["JwtVendingEnabled"]:
            raise federation_disabled()
        if params.get("SubjectMode") == "OriginIdentity" or "Scope" in params:
            raise no_origin_identity()
        now = int(self._clock())
        expires_at = now + params.get("DurationSeconds", DEFAULT_DURATION_S)
        audience = params["Audience"]
        claims = {
            "iss": federation["IssuerIdentifier"],
            "aud": audience[0] if len(audience) == 1 else audience,
            **self._identity(context, params),
            "iat": now,
            "exp": expires_at,
            "jti": str(uuid.uuid4()),
        }
        token = self._signed(params["SigningAlgorithm"], claims)
        return {"WebIdentityToken": token, "Expiration": datetime.fromtimestamp(expires_at, UTC)}

    def _identity(self, context: RequestContext, params: Params) -> dict[str, Any]:
        """Who calls: for a role's session, the role."""
        caller = context.caller
        principal = principal_of(caller.arn)
        found = None if principal.kind is PrincipalKind.ROOT else self._identities.find(principal)
        arn = found["Arn"] if found else caller.arn
        told: dict[str, Any] = {
            "aws_account": caller.account_id,
            "source_region": context.region,
            "principal_id": arn,
        }
        for name, tags in (("principal_tags", (found or {}).get("Tags")), ("request_tags", params.get("Tags"))):
            if tags:
                told[name] = {tag["Key"]: tag["Value"] for tag in tags}
        return {"sub": arn, NAMESPACE: told}

    def _signed(self, algorithm: str, claims: dict[str, Any]) -> str:
        header = {"kid": self._keys.public()[algorithm]["kid"], "typ": "JWT", "alg": algorithm}
        message = b".".join(_base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
        return (message + b"." + _base64url(self._keys.sign(algorithm, message))).decode()

    async def handle_documents(self, request: HttpRequest) -> HttpResponse:
        """The issuer's OpenID configuration and keys, for whoever asks."""
        federation = self._account.get(_FEDERATION[1])
        kind = request.raw_path.partition("/.well-known/")[2]
        if request.method != "GET" or not federation:
            return _answer(404, {"message": "Not Found"})
        if kind == "openid-configuration":
            return _answer(200, _configuration(federation["IssuerIdentifier"]))
        if kind == "jwks.json":
            return _answer(200, {"keys": list(self._keys.public().values())})
        return _answer(404, {"message": "Not Found"})


def _configuration(issuer: str) -> dict[str, Any]:
    """OpenID Connect Discovery 1.0, as far as tokens need it."""
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES384"],
        "claims_supported": ["iss", "sub", "aud", "iat", "exp", "jti", NAMESPACE],
    }


def _answer(status: int, document: dict[str, Any]) -> HttpResponse:
    headers = (("Content-Type", "application/json"),)
    return HttpResponse(status=status, headers=headers, body=json.dumps(document).encode())


def _base64url(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")
