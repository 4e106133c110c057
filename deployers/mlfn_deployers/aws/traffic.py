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
_HELD = re.compile(r"held below version (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """What a function's aliases say."""

    version: str
    """The Lambda version number they point to."""
    held_below: str | None
    """The newest version's number when they were put on an older one on purpose."""


def current(client: LambdaClient, function: str) -> Answering | None:
    """What answers, or None before the first deploy."""
    try:
        alias = client.get_alias(FunctionName=function, Name=ALIASES[-1])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    held = _HELD.fullmatch(alias.get("Description", ""))
    return Answering(version=alias["FunctionVersion"], held_below=held[1] if held else None)


def move(client: LambdaClient, function: str, version: str, *, held_below: str | None = None) -> None:
    """Point all three aliases at a version; somebody else's move in between is not overwritten.

    `held_below` notes that they are kept from the newest version, whose number it is, until somebody promotes it.

    Raises:
        DeployError: an alias changed while we looked at it, or the version is gone.
    """
    note = f"held below version {held_below}" if held_below else ""
    for alias in ALIASES:
        seen = client.get_alias(FunctionName=function, Name=alias)
        is_split = bool(seen.get("RoutingConfig", {}).get("AdditionalVersionWeights"))
        if seen["FunctionVersion"] == version and not is_split and seen.get("Description", "") == note:
            continue
        try:
            client.update_alias(
                FunctionName=function,
                Name=alias,
                FunctionVersion=version,
                Description=note,
                RoutingConfig={"AdditionalVersionWeights": {}},
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
