"""Who answers: a function's three aliases, moved together and never by the stack."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from mlfn.errors import DeployError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

ALIASES = ("api", "sfn", "live")
_HELD = re.compile(r"held below version (\d+)(?:, a canary)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """What a function's aliases say."""

    version: str
    """The Lambda version number they point to."""
    held_below: str | None
    """The newest version's number when they were put on an older one on purpose."""
    canary: str | None = None
    """The number of the version that a share of the calls goes to."""
    percent: int = 0
    """How large that share is."""


def pointed(client: LambdaClient, function: str, alias: str) -> str | None:
    """The number of the version that one alias points to, or None if there is no such alias."""
    try:
        return client.get_alias(FunctionName=function, Name=alias)["FunctionVersion"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise


def current(client: LambdaClient, function: str) -> Answering | None:
    """What answers, or None before the first deploy."""
    try:
        alias = client.get_alias(FunctionName=function, Name=ALIASES[-1])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    held = _HELD.fullmatch(alias.get("Description", ""))
    weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights") or {}
    canary = next(iter(weights), None)
    return Answering(
        version=alias["FunctionVersion"],
        held_below=held[1] if held else None,
        canary=canary,
        percent=round(weights[canary] * 100) if canary else 0,
    )


def move(client: LambdaClient, function: str, version: str, *, held_below: str | None = None) -> None:
    """Point all three aliases at a version; somebody else's move in between is not overwritten.

    `held_below` notes that they are kept from the newest version, whose number it is, until somebody promotes it.

    Raises:
        DeployError: an alias changed while we looked at it, or the version is gone.
    """
    _point(client, function, version, note=f"held below version {held_below}" if held_below else "", weights={})


def split(client: LambdaClient, function: str, version: str, canary: str, percent: int) -> None:
    """Send a share of the calls of all three aliases to `canary`, the rest to `version`; read back that it is so.

    Until somebody moves them they are held there: no deploy takes a canary for a deploy that was interrupted.

    Raises:
        DeployError: an alias changed while we looked at it, a version is gone, or the weights did not take.
    """
    weights = {canary: percent / 100}
    _point(client, function, version, note=f"held below version {canary}, a canary", weights=weights)
    for alias in ALIASES:
        found = client.get_alias(FunctionName=function, Name=alias)
        told = found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        if found["FunctionVersion"] != version or told != weights:
            raise DeployError(
                f"Alias {alias!r} of {function!r} does not split its calls as it was told to: {told or 'no weights'}.",
                hint="Look with mlfn versions; mlfn rollback puts all calls on one version again.",
            )


def _point(client: LambdaClient, function: str, version: str, *, note: str, weights: dict[str, float]) -> None:
    for alias in ALIASES:
        seen = client.get_alias(FunctionName=function, Name=alias)
        told = seen.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        if seen["FunctionVersion"] == version and told == weights and seen.get("Description", "") == note:
            continue
        try:
            client.update_alias(
                FunctionName=function,
                Name=alias,
                FunctionVersion=version,
                Description=note,
                RoutingConfig={"AdditionalVersionWeights": weights},
                RevisionId=seen["RevisionId"],
            )
        except ClientError as error:
            raise _refused(error, function, alias, version) from error


def _refused(error: ClientError, function: str, alias: str, version: str) -> Exception:
    match error.response["Error"]["Code"]:
        case "PreconditionFailedException":
            return DeployError(
                f"Alias {alias!r} of {function!r} was moved by somebody else at the same time.",
                hint="Look with mlfn versions, then try again.",
            )
        case "ResourceNotFoundException":
            return DeployError(
                f"Version {version} of {function!r} is gone.", hint="See what there is with: mlfn versions"
            )
        case _:
            return error
