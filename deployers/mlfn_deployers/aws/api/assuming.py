"""Taking on a stage's role: with credentials that renew themselves, and not twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

if TYPE_CHECKING:
    import boto3
    from botocore.credentials import Credentials

SESSION_NAME = "mlfn-deploy"
_TAKEN = re.compile(r"arn:[a-z-]+:sts::(?P<account>\d{12}):assumed-role/(?P<name>[^/]+)/.+")


def role_credentials(base: boto3.Session, role: str, endpoint_url: str | None) -> Credentials | None:
    """Credentials of `role`, got with those of `base`; None if `base` has it already, as in a CI that took it on.

    Raises:
        botocore.exceptions.ClientError: AWS refuses it (when the credentials are first used).
    """
    sts = base.client("sts", endpoint_url=endpoint_url)
    if is_session_of(role, sts.get_caller_identity()["Arn"]):
        return None
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=_creator(base, endpoint_url),
        source_credentials=base.get_credentials(),
        role_arn=role,
        extra_args={"RoleSessionName": SESSION_NAME},
    )
    credentials: Credentials = DeferredRefreshableCredentials(
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )
    return credentials


def is_session_of(role: str, arn: str) -> bool:
    """Whether an ARN is that of a session of a role (sessions do not tell the role's path)."""
    taken = _TAKEN.fullmatch(arn)
    return taken is not None and f":iam::{taken['account']}:role/" in role and role.endswith(f"/{taken['name']}")


def _creator(base: boto3.Session, endpoint_url: str | None) -> Any:
    """What botocore makes its STS client with."""

    def make(service: str, **settings: Any) -> Any:
        return base.client(service, endpoint_url=endpoint_url, **settings)  # type: ignore[call-overload]  # by name

    return make
