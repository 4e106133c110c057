"""What S3 adds when it refuses credentials: what it would have signed, which times it compared, what it expects.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.refusals import Refusal, refuse
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.auth.claim import Claim


def mismatch(claim: Claim, text: str, canonical: str | None = None) -> ServiceError:
    """The signature is not that of the text; version 4 makes it of a canonical request."""
    fields = {
        "AWSAccessKeyId": claim.access_key,
        "StringToSign": text,
        "SignatureProvided": claim.signature,
        "StringToSignBytes": _bytes(text),
    }
    if canonical is not None:
        fields |= {"CanonicalRequest": canonical, "CanonicalRequestBytes": _bytes(canonical)}
    return _with(refuse("s3", Refusal.MISMATCH), fields)


def unknown_key(claim: Claim) -> ServiceError:
    """Nobody has that key."""
    return _with(refuse("s3", Refusal.UNKNOWN_KEY), {"AWSAccessKeyId": claim.access_key})


def bad_token(claim: Claim, refusal: Refusal) -> ServiceError:
    """The session token is none of this key's, or too old."""
    return _with(refuse("s3", refusal), {"Token-0": claim.token or ""})


def expired(ends_at: float, now: float, *, expires_s: int | None = None) -> ServiceError:
    """A presigned URL's time is over."""
    fields: dict[str, Any] = {} if expires_s is None else {"X-Amz-Expires": expires_s}
    fields |= {"Expires": _iso(ends_at), "ServerTime": _iso(now)}
    return ServiceError("AccessDenied", "Request has expired", status=403, fields=fields)


def skewed(claim: Claim, now: float, most_s: int) -> ServiceError:
    """The clocks differ too much."""
    fields = {
        "RequestTime": claim.timestamp,
        "ServerTime": _iso(now),
        "MaxAllowedSkewMilliseconds": most_s * 1000,
    }
    return _with(refuse("s3", Refusal.SKEWED), fields)


def not_yet(claim: Claim, now: float) -> ServiceError:
    """A presigned URL is for later."""
    fields = {"X-Amz-Date": claim.timestamp, "ServerTime": _iso(now)}
    return ServiceError("AccessDenied", "Request is not yet valid", status=403, fields=fields)


def wrong_scope(claim: Claim, region: str) -> ServiceError | None:
    """The credential's scope is of another service, region or day; None: it fits."""
    if claim.service != "s3":
        return _malformed(claim, f'incorrect service "{claim.service}". This endpoint belongs to "s3".')
    if claim.region != region:
        wrong = _malformed(claim, f"the region '{claim.region}' is wrong; expecting '{region}'")
        return _with(wrong, {"Region": region})
    if not claim.timestamp.startswith(claim.date):
        day = (
            f'Invalid credential date "{claim.date}". This date is not the same as X-Amz-Date: "{claim.timestamp[:8]}".'
        )
        return _malformed(claim, day)
    return None


def _malformed(claim: Claim, message: str) -> ServiceError:
    if claim.expires_s is None:
        return refuse("s3", Refusal.INCOMPLETE, f"The authorization header is malformed; {message}")
    code = "AuthorizationQueryParametersError"
    return ServiceError(code, f"Error parsing the X-Amz-Credential parameter; {message}")


def _with(error: ServiceError, fields: dict[str, Any]) -> ServiceError:
    error.fields |= fields
    return error


def _bytes(text: str) -> str:
    return text.encode("utf-8", "replace").hex(" ")


def _iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
