"""Who answers: a function's three aliases, moved together and never by the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from mlfn.errors import DeployError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

ALIASES = ("api", "sfn", "live")


def current(client: LambdaClient, function: str) -> str | None:
    """The Lambda version number that the aliases point to, or None before the first deploy."""
    try:
        return client.get_alias(FunctionName=function, Name=ALIASES[-1])["FunctionVersion"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise


def move(client: LambdaClient, function: str, version: str) -> None:
    """Point all three aliases at a version; somebody else's move in between is not overwritten.

    Raises:
        DeployError: an alias changed while we looked at it.
    """
    for alias in ALIASES:
        seen = client.get_alias(FunctionName=function, Name=alias)
        if seen["FunctionVersion"] == version and not seen.get("RoutingConfig", {}).get("AdditionalVersionWeights"):
            continue
        try:
            client.update_alias(
                FunctionName=function,
                Name=alias,
                FunctionVersion=version,
                RoutingConfig={"AdditionalVersionWeights": {}},
                RevisionId=seen["RevisionId"],
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailedException":
                raise
            raise DeployError(
                f"Alias {alias!r} of {function!r} was moved by somebody else during this deploy.",
                hint="Look with mlfn status, then deploy again.",
            ) from error
