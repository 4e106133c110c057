"""The keys of who issues direct callers' proofs, stored by each deploy where functions read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mlfn_audit.issuers import account_issuer, issuer_document, knows_issuers, store

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_engine.reporting import Reporter

_HOW = "direct callers cannot prove who they are until: aws iam enable-outbound-web-identity-federation"


def publish(clients: Clients, bucket: str, reporter: Reporter, *, enable: bool) -> bool:
    """Store the account's issuer and its keys; False, and told why, where the account has none.

    `enable` switches tokens on where they are off: for an emulator, not for somebody's account.
    """
    try:
        issuer = account_issuer(clients.iam) or (_enabled(clients.iam) if enable else None)
    except ClientError as error:
        reporter.report("proofs", f"{error.response['Error']['Code']}: {_HOW}")
        return False
    if issuer is None:
        reporter.report("proofs", _HOW)
        return False
    try:
        document = issuer_document(issuer)
    except (OSError, ValueError) as error:
        reporter.report("proofs", f"the keys of {issuer} cannot be read ({error}); functions keep those they have")
        return False
    objects: Any = clients.s3  # boto3's stubs type each keyword; the protocol takes any
    store(objects, bucket, document)
    return True


def _enabled(iam: IAMClient) -> str | None:
    return iam.enable_outbound_web_identity_federation()["IssuerIdentifier"] if knows_issuers(iam) else None
