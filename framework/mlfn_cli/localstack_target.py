"""The target of endpoints that speak LocalStack's protocol, from the variables that its own tools read."""

from __future__ import annotations

import os

from mlfn_engine.values import Target

REGION = "us-east-1"
KEY = "test"
"""What MiniStack and LocalStack take from their root user."""


def endpoint_url() -> str:
    """AWS_ENDPOINT_URL, else LOCALSTACK_HOST (host:port), else port 4566 of this machine."""
    from localstack_client.config import get_service_endpoint

    found: str = get_service_endpoint("cloudformation")
    return found.rstrip("/")


def localstack_target(region: str | None = None) -> Target:
    """The endpoint, with the AWS credentials of the environment or the root user's."""
    return Target(
        name="localstack",
        deployer="localstack",
        region=region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or REGION,
        account_id=None,
        profile=None,
        endpoint_url=endpoint_url(),
        access_key=os.environ.get("AWS_ACCESS_KEY_ID", KEY),
        secret_key=os.environ.get("AWS_SECRET_ACCESS_KEY", KEY),
    )
