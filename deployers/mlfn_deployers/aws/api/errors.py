"""Foreign exceptions become ours where they enter."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from mlfn.errors import DeployError, TargetError
from mlfn_deployers.aws.api.failures import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.values import Target

SIGN_IN_AGAIN = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
)

CALLS = frozenset({"Invoke", "StartExecution", "StartSyncExecution", "DescribeExecution"})
"""Operations that call what is deployed, and change nothing about it."""


@contextmanager
def translated(target: Target) -> Iterator[None]:
    """Turn what boto3 raises inside into a TargetError or DeployError that says what to do."""
    try:
        yield
    except EndpointConnectionError as error:
        raise TargetError(
            f"Target {target.name!r} does not answer at {target.endpoint_url or 'its AWS endpoint'}.",
            hint="Start the emulator with: mlfn emulator start." if target.endpoint_url else "Check the network.",
        ) from error
    except (NoCredentialsError, PartialCredentialsError, ProfileNotFound) as error:
        raise TargetError(
            f"Target {target.name!r} has no usable AWS credentials: {error}.",
            hint="Sign in (aws sso login, or AWS_PROFILE), or deploy to the emulator with --target local.",
        ) from error
    except ClientError as error:
        raise _from_client_error(error, target) from error
    except BotoCoreError as error:
        raise TargetError(f"Target {target.name!r}: {error}.", hint="Check region, profile and network.") from error


def _from_client_error(error: ClientError, target: Target) -> TargetError:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code in SIGN_IN_AGAIN:
        return TargetError(
            f"Target {target.name!r} does not accept the credentials ({code}).",
            hint="Sign in again; for the emulator run the command from the project it was started in.",
        )
    if error.operation_name in CALLS:
        return TargetError(f"{code}: {message}", hint="See what is deployed with: mlfn status")
    unknown = "Nothing of what answered before has changed; correct the cause and deploy again."
    told, hint = in_words(f"{code}: {message}", unknown, region=target.region)
    return DeployError(f"{error.operation_name} on target {target.name!r} failed: {told}", hint=hint)
