"""The keys of who issues direct callers' proofs, stored where functions read them."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mlfn.runtime.proofs import ISSUERS_KEY

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client

    from mlfn_deployers.aws.clients import Clients
    from mlfn_engine.reporting import Reporter

TIMEOUT_S = 10
_LARGEST_DOCUMENT = 1_000_000
_NEEDED = "GetOutboundWebIdentityFederationInfo"
_SHOWN = ("kty", "alg", "use", "kid", "n", "e")
_HOW = "direct callers cannot prove who they are until: aws iam enable-outbound-web-identity-federation"


def publish(clients: Clients, bucket: str, reporter: Reporter, *, enable: bool) -> bool:
    """Store the account's issuer and its keys; False, and told why, where the account has none.

    `enable` switches tokens on where they are off: for an emulator, not for somebody's account.
    """
    try:
        issuer = _issuer(clients.iam, enable=enable)
    except ClientError as error:
        reporter.report("proofs", f"{error.response['Error']['Code']}: {_HOW}")
        return False
    if issuer is None:
        reporter.report("proofs", _HOW)
        return False
    try:
        keys = _keys(issuer)
    except (OSError, ValueError, KeyError) as error:
        reporter.report("proofs", f"the keys of {issuer} cannot be read ({error}); functions keep those they have")
        return False
    _store(clients.s3, bucket, json.dumps({"issuers": [{"issuer": issuer, "keys": keys}]}, sort_keys=True).encode())
    return True


def _issuer(iam: IAMClient, *, enable: bool) -> str | None:
    """The account's issuer of web identity tokens, or None while it hands out none."""
    if _NEEDED not in iam.meta.service_model.operation_names:  # a botocore of before November 2025
        return None
    try:
        return iam.get_outbound_web_identity_federation_info()["IssuerIdentifier"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "FeatureDisabled":
            raise
    return iam.enable_outbound_web_identity_federation()["IssuerIdentifier"] if enable else None


def _keys(issuer: str) -> list[dict[str, Any]]:
    """The RSA keys that an issuer publishes."""
    if not issuer.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise ValueError("it is no https address")
    with urllib.request.urlopen(f"{issuer}/.well-known/jwks.json", timeout=TIMEOUT_S) as answer:  # noqa: S310 -- the scheme is checked above
        found = json.loads(answer.read(_LARGEST_DOCUMENT))["keys"]
    return [{name: key[name] for name in _SHOWN if name in key} for key in found if key.get("kty") == "RSA"]


def _store(s3: S3Client, bucket: str, document: bytes) -> None:
    """Put the document where it is not yet: the bucket keeps every version."""
    try:
        known = s3.get_object(Bucket=bucket, Key=ISSUERS_KEY)["Body"].read()
    except ClientError:  # there is none yet, or who deploys may write and not read
        known = b""
    if known != document:
        s3.put_object(Bucket=bucket, Key=ISSUERS_KEY, Body=document, ContentType="application/json")
