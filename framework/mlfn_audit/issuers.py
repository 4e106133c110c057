"""The keys of who issues direct callers' proofs, stored where functions read them: docs/identity.md §3."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from mlfn.runtime.proofs import ISSUERS_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_S = 10
_LARGEST_DOCUMENT = 1_000_000
_NEEDED = "GetOutboundWebIdentityFederationInfo"
_SHOWN = ("kty", "alg", "use", "kid", "n", "e")


class FederationClient(Protocol):
    """What is needed of boto3's IAM client."""

    meta: Any

    def get_outbound_web_identity_federation_info(self) -> Mapping[str, Any]:
        """`GetOutboundWebIdentityFederationInfo`."""


class KeyStore(Protocol):
    """What is needed of boto3's S3 client."""

    def get_object(self, **request: Any) -> Mapping[str, Any]:
        """`GetObject`."""

    def put_object(self, **request: Any) -> Mapping[str, Any]:
        """`PutObject`."""


def account_issuer(iam: FederationClient) -> str | None:
    """The account's issuer of web identity tokens, or None while it hands out none."""
    if not knows_issuers(iam):
        return None
    try:
        return str(iam.get_outbound_web_identity_federation_info()["IssuerIdentifier"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "FeatureDisabled":
            raise
    return None


def knows_issuers(iam: FederationClient) -> bool:
    """Whether this botocore knows the operation; those of before November 2025 do not."""
    return _NEEDED in iam.meta.service_model.operation_names


def issuer_document(issuer: str) -> bytes:
    """What functions read of an issuer: the RSA keys that it publishes now.

    Raises:
        OSError: it does not answer.
        ValueError: what it answers are no keys.
    """
    return json.dumps({"issuers": [{"issuer": issuer, "keys": _keys(issuer)}]}, sort_keys=True).encode()


def store(s3: KeyStore, bucket: str, document: bytes) -> bool:
    """Put the document where it is not yet, since the bucket keeps every version; whether it was put."""
    try:
        known = s3.get_object(Bucket=bucket, Key=ISSUERS_KEY)["Body"].read()
    except ClientError:  # there is none yet, or who deploys may write and not read
        known = b""
    if known == document:
        return False
    s3.put_object(Bucket=bucket, Key=ISSUERS_KEY, Body=document, ContentType="application/json")
    return True


def _keys(issuer: str) -> list[dict[str, Any]]:
    if not issuer.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise ValueError("it is no https address")
    with urllib.request.urlopen(f"{issuer}/.well-known/jwks.json", timeout=TIMEOUT_S) as answer:  # noqa: S310 -- the scheme is checked above
        text = answer.read(_LARGEST_DOCUMENT)
    try:
        found = json.loads(text)["keys"]
        keys = [{name: key[name] for name in _SHOWN if name in key} for key in found if key.get("kty") == "RSA"]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it answers with no keys ({error!r})") from error
    if not keys:
        raise ValueError("it has no RSA key")
    return keys
