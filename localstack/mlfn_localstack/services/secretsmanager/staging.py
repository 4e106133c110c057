"""Which version of a secret is the current one: staging labels, each on one version at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.services.secretsmanager.model import Secret, Version

CURRENT = "AWSCURRENT"
PREVIOUS = "AWSPREVIOUS"
PENDING = "AWSPENDING"
_MOST = 100
"""Secrets Manager keeps at least as many versions without a label as leave so many in all."""


def holder_of(secret: Secret, stage: str) -> str | None:
    """The id of the version that has a label."""
    versions: Mapping[str, Version] = secret["Versions"]
    return next((name for name, version in versions.items() if stage in version["Stages"]), None)


def move(secret: Secret, stage: str, to: str | None) -> None:
    """Put a label on a version, or (None) on none; what was current becomes the previous one."""
    holder = holder_of(secret, stage)
    if holder == to:
        return
    if holder is not None:
        secret["Versions"][holder]["Stages"].remove(stage)
    if to is not None:
        secret["Versions"][to]["Stages"].append(stage)
    if stage == CURRENT and holder is not None:
        move(secret, PREVIOUS, holder)


def add(secret: Secret, name: str, version: Version, stages: Sequence[str]) -> None:
    """Add a version, or give an empty one its value, under these labels; let go of the oldest that have none."""
    kept = secret["Versions"].get(name, {}).get("Stages", [])
    secret["Versions"][name] = {**version, "Stages": kept}
    for stage in stages:
        move(secret, stage, name)
    bare = [each for each, kept in secret["Versions"].items() if not kept["Stages"]]
    for each in bare[: max(0, len(secret["Versions"]) - _MOST)]:
        del secret["Versions"][each]


def labelled(secret: Secret) -> dict[str, list[str]]:
    """Versions that have labels, with those."""
    return {name: sorted(version["Stages"]) for name, version in secret["Versions"].items() if version["Stages"]}
