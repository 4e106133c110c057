"""What a stage of `pyproject.toml` says about who approves its deploys."""

from __future__ import annotations

from typing import Any

from mlfn.errors import DiscoveryError
from mlfn_engine.releases.approvals import ApprovalRules

SETTINGS = ("approval", "approvers", "self-approval", "approval-hours")
MOST_HOURS = 24 * 30


def approval_rules(where: str, settings: dict[str, Any]) -> ApprovalRules:
    """The rules, those that are not said as they are by default.

    Raises:
        DiscoveryError: one cannot be.
    """
    hours = settings.get("approval-hours", ApprovalRules().hours)
    if type(hours) is not int or not 1 <= hours <= MOST_HOURS:
        raise DiscoveryError(
            f"{where}: approval-hours = {hours!r} cannot be.", hint=f"Write a number from 1 to {MOST_HOURS}."
        )
    return ApprovalRules(
        required=_flag(where, settings, "approval"),
        approvers=_approvers(where, settings.get("approvers", [])),
        own=_flag(where, settings, "self-approval"),
        hours=hours,
    )


def _flag(where: str, settings: dict[str, Any], key: str) -> bool:
    value = settings.get(key, False)
    if isinstance(value, bool):
        return value
    raise DiscoveryError(f"{where}: {key} = {value!r} cannot be.", hint=f"Write {key} = true or false.")


def _approvers(where: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(each, str) and each.startswith("arn:") for each in value):
        return tuple(value)
    raise DiscoveryError(
        f"{where}: approvers = {value!r} cannot be.",
        hint='Write approvers = ["arn:aws:iam::123456789012:role/release-managers"], for example.',
    )
