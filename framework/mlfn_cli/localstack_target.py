"""The target of endpoints that speak LocalStack's protocol, from the variables that its own tools read."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from mlfn_engine.values import Target

if TYPE_CHECKING:
    from mlfn_deployers.localstack.capabilities import Judged
    from mlfn_engine.values import Template

REGION = "us-east-1"
KEY = "test"
"""What MiniStack and LocalStack take from their root user."""


def endpoint_url() -> str:
    """AWS_ENDPOINT_URL, else LOCALSTACK_HOST (host:port), else port 4566 of this machine."""
    from localstack_client.config import get_service_endpoint

    found: str = get_service_endpoint("cloudformation")
    return found.rstrip("/")


@cache
def judged(url: str) -> tuple[Judged, ...]:
    """What the endpoint at a URL can do and what it lacks; it is asked once."""
    from mlfn_deployers.localstack.capabilities import judge
    from mlfn_deployers.localstack.endpoint import look_at

    return judge(look_at(url))


def fitted(template: Template, target_name: str) -> Template:
    """A template as it is applied to a target: as it is, but to an endpoint that lacks some of AWS."""
    if target_name != "localstack":
        return template
    from mlfn_deployers.localstack.fitting import fitted_to

    return fitted_to(template, judged(endpoint_url()))


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
        session_token=os.environ.get("AWS_SESSION_TOKEN"),
    )
