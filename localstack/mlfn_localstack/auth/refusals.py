"""How each kind of service words a refusal of credentials.

https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

from enum import StrEnum

from mlfn_localstack.service import ServiceError


class Family(StrEnum):
    """Services that word their refusals alike."""

    CORAL = "coral"
    QUERY = "query"
    S3 = "s3"


class Refusal(StrEnum):
    """Why credentials do not hold."""

    MISSING = "missing"
    INCOMPLETE = "incomplete"
    UNKNOWN_KEY = "unknown key"
    MISMATCH = "mismatch"
    SKEWED = "skewed"
    EXPIRED_TOKEN = "expired token"  # noqa: S105 - a reason, not a password
    INVALID_TOKEN = "invalid token"  # noqa: S105 - a reason, not a password


_QUERY_SERVICES = frozenset({"cloudformation", "iam", "sns", "sts"})
_CODES = {
    (Family.CORAL, Refusal.MISSING): "MissingAuthenticationTokenException",
    (Family.CORAL, Refusal.INCOMPLETE): "IncompleteSignatureException",
    (Family.CORAL, Refusal.UNKNOWN_KEY): "UnrecognizedClientException",
    (Family.CORAL, Refusal.MISMATCH): "InvalidSignatureException",
    (Family.CORAL, Refusal.SKEWED): "InvalidSignatureException",
    (Family.CORAL, Refusal.EXPIRED_TOKEN): "ExpiredTokenException",
    (Family.CORAL, Refusal.INVALID_TOKEN): "UnrecognizedClientException",
    (Family.QUERY, Refusal.MISSING): "MissingAuthenticationToken",
    (Family.QUERY, Refusal.INCOMPLETE): "IncompleteSignature",
    (Family.QUERY, Refusal.UNKNOWN_KEY): "InvalidClientTokenId",
    (Family.QUERY, Refusal.MISMATCH): "SignatureDoesNotMatch",
    (Family.QUERY, Refusal.SKEWED): "SignatureDoesNotMatch",
    (Family.QUERY, Refusal.EXPIRED_TOKEN): "ExpiredToken",
    (Family.QUERY, Refusal.INVALID_TOKEN): "InvalidClientTokenId",
    (Family.S3, Refusal.MISSING): "AccessDenied",
    (Family.S3, Refusal.INCOMPLETE): "AuthorizationHeaderMalformed",
    (Family.S3, Refusal.UNKNOWN_KEY): "InvalidAccessKeyId",
    (Family.S3, Refusal.MISMATCH): "SignatureDoesNotMatch",
    (Family.S3, Refusal.SKEWED): "RequestTimeTooSkewed",
    (Family.S3, Refusal.EXPIRED_TOKEN): "ExpiredToken",
    (Family.S3, Refusal.INVALID_TOKEN): "InvalidToken",
}
_INVALID = "The security token included in the request is invalid."
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)
_MESSAGES = {
    (Family.CORAL, Refusal.MISSING): "Missing Authentication Token",
    (Family.QUERY, Refusal.MISSING): "Request is missing Authentication Token",
    (Family.S3, Refusal.MISSING): "Access Denied",
    (Family.CORAL, Refusal.UNKNOWN_KEY): _INVALID,
    (Family.QUERY, Refusal.UNKNOWN_KEY): _INVALID,
    (Family.S3, Refusal.UNKNOWN_KEY): "The AWS Access Key Id you provided does not exist in our records.",
    (Family.CORAL, Refusal.INVALID_TOKEN): _INVALID,
    (Family.QUERY, Refusal.INVALID_TOKEN): _INVALID,
    (Family.S3, Refusal.INVALID_TOKEN): "The provided token is malformed or otherwise invalid.",
    (Family.CORAL, Refusal.EXPIRED_TOKEN): "The security token included in the request is expired",
    (Family.QUERY, Refusal.EXPIRED_TOKEN): "The security token included in the request is expired",
    (Family.S3, Refusal.EXPIRED_TOKEN): "The provided token has expired.",
    (Family.CORAL, Refusal.MISMATCH): _MISMATCH,
    (Family.QUERY, Refusal.MISMATCH): _MISMATCH,
    (Family.S3, Refusal.MISMATCH): (
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method."
    ),
    (Family.S3, Refusal.SKEWED): "The difference between the request time and the current time is too large.",
}
_BAD_REQUESTS = frozenset({Refusal.INCOMPLETE, Refusal.EXPIRED_TOKEN, Refusal.INVALID_TOKEN})


def family(service: str) -> Family:
    """The family of a service, by its signing name."""
    if service == "s3":
        return Family.S3
    return Family.QUERY if service in _QUERY_SERVICES else Family.CORAL


def refuse(service: str, refusal: Refusal, message: str | None = None) -> ServiceError:
    """The error a service answers; `message` replaces the usual wording (S3 keeps its own for skew)."""
    kind = family(service)
    fixed = _MESSAGES.get((kind, refusal), "The request is not authentic.")
    text = fixed if message is None or (kind is Family.S3 and refusal is Refusal.SKEWED) else message
    status = 400 if kind is Family.S3 and refusal in _BAD_REQUESTS else 403
    return ServiceError(_CODES[kind, refusal], text, status=status)
