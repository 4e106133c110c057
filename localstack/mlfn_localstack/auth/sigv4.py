"""Signature Version 4, verified in full."""

from __future__ import annotations

import hashlib
import hmac
import time
from calendar import timegm
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

from mlfn_localstack.auth import s3_refusals
from mlfn_localstack.auth.canonical import canonical_request
from mlfn_localstack.auth.claim import ALGORITHM, Claim, is_presigned, read_claim, read_form_claim
from mlfn_localstack.auth.form_signature import VERSION_2, VERSION_4, has_signature
from mlfn_localstack.auth.principals import ANONYMOUS
from mlfn_localstack.auth.refusals import Refusal, refuse
from mlfn_localstack.auth.signing_key import SigningKey
from mlfn_localstack.auth.sigv2 import is_version_2, read_form_2, read_version_2, sign_2, text_2
from mlfn_localstack.service import Caller, ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn_localstack.http import HttpRequest

SKEW_S = 300
S3_SKEW_S = 900
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
STREAMING = "STREAMING-"
_EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
_GLOBAL_SERVICES = frozenset({"iam", "sts"})
_MAX_SIGNING_KEYS = 1024
_NO_KEY = SigningKey(b"")
"""Of signature version 2, which signs no chunks, and of who signs nothing."""
_NOBODY = Caller(arn=ANONYMOUS, account_id=ANONYMOUS, user_id="", access_key="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A key the emulator issued."""

    secret_key: str
    caller: Caller
    token: str | None = None
    expires_at: float | None = None


class Credentials(Protocol):
    """The keys that the emulator issued."""

    def find(self, access_key: str, token: str | None) -> Credential | None:
        """The credential of an access key; for a session key, the one its token holds."""


class Verified(NamedTuple):
    """A request whose signature holds."""

    caller: Caller
    claim: Claim
    signing_key: SigningKey
    payload_hash: str


class SigV4Authenticator:
    """Knows who signed a request, for one region."""

    def __init__(self, credentials: Credentials, *, region: str, clock: Callable[[], float] = time.time) -> None:
        self._credentials = credentials
        self._region = region
        self._clock = clock
        self._signing_keys: dict[tuple[str, str, str, str], SigningKey] = {}

    def authenticate(self, request: HttpRequest, service: str) -> Caller:
        """The verified signer of `request` for the signing name `service`.

        Raises:
            ServiceError: as the service would refuse it.
        """
        return self.verify(request, service).caller

    def verify(self, request: HttpRequest, service: str) -> Verified:
        """As `authenticate`, with what the chunks of a streamed payload are checked against."""
        if service == "s3":
            if is_version_2(request):
                return self._verify_version_2(request)
            if "authorization" not in request.fields and not is_presigned(request):
                return _unsigned(request)
        claim = read_claim(request, service)
        self._check_scope(claim, service)
        credential = self._credential(claim, service)
        self._check_time(claim, service)
        _check_signed_headers(request, claim, service)
        payload_hash = _payload_hash(request, service)
        key = self._signing_key(credential.secret_key, claim)
        canonical = canonical_request(request, claim.signed_headers, payload_hash, service)
        digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
        text = f"{ALGORITHM}\n{claim.timestamp}\n{claim.scope}\n{digest}"
        expected = key.sign(text.encode())
        if not hmac.compare_digest(expected, claim.signature):
            raise s3_refusals.mismatch(claim, text, canonical) if service == "s3" else refuse(service, Refusal.MISMATCH)
        return Verified(caller=credential.caller, claim=claim, signing_key=key, payload_hash=payload_hash)

    def verify_form(self, fields: Mapping[str, str]) -> Caller:
        """Who signed the policy of a form, whose fields have lower-case names.

        Raises:
            ServiceError: nobody whose key the emulator issued, or not in full.
        """
        policy = fields["policy"]
        if has_signature(fields, VERSION_4):
            claim = read_form_claim(fields)
            self._check_scope(claim, "s3")
            credential = self._credential(claim, "s3")
            expected = self._signing_key(credential.secret_key, claim).sign(policy.encode())
        elif has_signature(fields, VERSION_2):
            claim = read_form_2(fields)
            credential = self._credential(claim, "s3")
            expected = sign_2(policy, credential.secret_key)
        else:
            raise refuse("s3", Refusal.MISSING)
        if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
            raise s3_refusals.mismatch(claim, policy)
        return credential.caller

    def _verify_version_2(self, request: HttpRequest) -> Verified:
        claim = read_version_2(request, self._clock())
        credential = self._credential(claim, "s3")
        text = text_2(request, claim)
        expected = sign_2(text, credential.secret_key)
        if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
            raise s3_refusals.mismatch(claim, text)
        return Verified(caller=credential.caller, claim=claim, signing_key=_NO_KEY, payload_hash=UNSIGNED_PAYLOAD)

    def _check_scope(self, claim: Claim, service: str) -> None:
        if service == "s3":
            wrong = s3_refusals.wrong_scope(claim, self._region)
            if wrong is not None:
                raise wrong
            return
        if claim.service != service:
            message = f"Credential should be scoped to correct service: '{service}'. "
            raise refuse(service, Refusal.MISMATCH, message)
        if claim.region != self._region and not (service in _GLOBAL_SERVICES and claim.region == "us-east-1"):
            raise refuse(service, Refusal.MISMATCH, "Credential should be scoped to a valid region. ")
        if not claim.timestamp.startswith(claim.date):
            message = (
                f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                f"'{claim.date}' != '{claim.timestamp[:8]}', from '{claim.timestamp}'."
            )
            raise refuse(service, Refusal.MISMATCH, message)

    def _credential(self, claim: Claim, service: str) -> Credential:
        credential = self._credentials.find(claim.access_key, claim.token)
        if credential is None:
            raise s3_refusals.unknown_key(claim) if service == "s3" else refuse(service, Refusal.UNKNOWN_KEY)
        wrong = None
        if credential.token is None and claim.token is not None:
            wrong = Refusal.INVALID_TOKEN
        elif credential.expires_at is not None and credential.expires_at <= self._clock():
            wrong = Refusal.EXPIRED_TOKEN
        if wrong is not None:
            raise s3_refusals.bad_token(claim, wrong) if service == "s3" else refuse(service, wrong)
        return credential

    def _check_time(self, claim: Claim, service: str) -> None:
        now = self._clock()
        skew_s = SKEW_S
        try:
            signed_at = _moment(claim.timestamp)
        except ValueError as error:
            raise refuse(service, Refusal.INCOMPLETE, "The date is not one of the calendar.") from error
        if service == "s3":
            _check_s3_time(claim, signed_at, now)
            return
        if signed_at - now > skew_s:
            message = f"Signature not yet current: {claim.timestamp} is still later than {_stamp(now + skew_s)}"
            raise refuse(service, Refusal.SKEWED, f"{message} ({_stamp(now)} + {skew_s // 60} min.)")
        if claim.expires_s is not None:
            if now > signed_at + claim.expires_s:
                message = f"Signature expired: {claim.timestamp} is now earlier than {_stamp(now - claim.expires_s)}"
                raise refuse(service, Refusal.SKEWED, message)
        elif now - signed_at > skew_s:
            message = f"Signature expired: {claim.timestamp} is now earlier than {_stamp(now - skew_s)}"
            raise refuse(service, Refusal.SKEWED, f"{message} ({_stamp(now)} - {skew_s // 60} min.)")

    def _signing_key(self, secret_key: str, claim: Claim) -> SigningKey:
        identity = (secret_key, claim.date, claim.region, claim.service)
        key = self._signing_keys.get(identity)
        if key is None:
            derived = b"AWS4" + secret_key.encode()
            for part in (claim.date, claim.region, claim.service, "aws4_request"):
                derived = hmac.new(derived, part.encode(), hashlib.sha256).digest()
            key = SigningKey(derived)
            if len(self._signing_keys) >= _MAX_SIGNING_KEYS:
                self._signing_keys.clear()
            self._signing_keys[identity] = key
        return key


def _unsigned(request: HttpRequest) -> Verified:
    """A request that nobody signed: S3 asks the bucket what it lets everybody do."""
    claim = Claim("", "", "", "s3", (), "", "", None, None)
    payload_hash = request.fields.get("x-amz-content-sha256", UNSIGNED_PAYLOAD)
    return Verified(caller=_NOBODY, claim=claim, signing_key=_NO_KEY, payload_hash=payload_hash)


@lru_cache(maxsize=256)
def _moment(timestamp: str) -> int:
    """Requests of one second carry the same text, and reading it is slow."""
    return timegm(time.strptime(timestamp, "%Y%m%dT%H%M%SZ"))


def _stamp(moment: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment))


def _check_s3_time(claim: Claim, signed_at: float, now: float) -> None:
    if claim.expires_s is None:
        if abs(now - signed_at) > S3_SKEW_S:
            raise s3_refusals.skewed(claim, now, S3_SKEW_S)
    elif signed_at - now > S3_SKEW_S:
        raise s3_refusals.not_yet(claim, now)
    elif now > signed_at + claim.expires_s:
        raise s3_refusals.expired(signed_at + claim.expires_s, now, expires_s=claim.expires_s)


@lru_cache(maxsize=512)
def _signed_names(names: tuple[str, ...]) -> tuple[frozenset[str], bool]:
    """The names a signature covers, and whether they are in order and none comes twice."""
    signed = frozenset(names)
    return signed, sorted(signed) == list(names)


@lru_cache(maxsize=512)
def _unsigned_names(names: tuple[str, ...], signed: frozenset[str]) -> list[str]:
    """AWS's own headers that are there but not covered, sorted: none may be."""
    return sorted(name for name in names if name not in signed and name.startswith("x-amz-"))


def _check_signed_headers(request: HttpRequest, claim: Claim, service: str) -> None:
    signed, is_sorted = _signed_names(claim.signed_headers)
    if "host" not in signed or "host" not in request.fields:
        message = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        raise refuse(service, Refusal.MISMATCH, message)
    if not is_sorted:
        raise refuse(service, Refusal.MISMATCH)
    unsigned = _unsigned_names(tuple(request.fields), signed)
    if unsigned:
        if service == "s3":
            message = "There were headers present in the request which were not signed"
            raise ServiceError("AccessDenied", message, status=403, fields={"HeadersNotSigned": ", ".join(unsigned)})
        message = f"'{unsigned[0]}' must be a 'SignedHeader' in the AWS Authorization."
        raise refuse(service, Refusal.MISMATCH, message)


def _payload_hash(request: HttpRequest, service: str) -> str:
    """The payload's part of the canonical request, checked against the payload."""
    declared = request.fields.get("x-amz-content-sha256")
    if service == "s3":
        if is_presigned(request):
            declared = declared or UNSIGNED_PAYLOAD
        if declared is None:
            message = "Missing required header for this request: x-amz-content-sha256"
            raise ServiceError("InvalidRequest", message)
        if declared == UNSIGNED_PAYLOAD or declared.startswith(STREAMING):
            return declared
    actual = _body_sha256(request)
    if declared is not None and not hmac.compare_digest(declared.encode("latin-1"), actual.encode()):
        if service == "s3":
            message = "The provided 'x-amz-content-sha256' header does not match what was computed."
            raise ServiceError("XAmzContentSHA256Mismatch", message)
        raise refuse(service, Refusal.MISMATCH)
    return actual


def _body_sha256(request: HttpRequest) -> str:
    if request.spooled is not None:
        return request.spooled.sha256 or ""
    return hashlib.sha256(request.body).hexdigest() if request.body else _EMPTY_SHA256
