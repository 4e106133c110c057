"""Where in the user's own network functions run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mlfn.errors import DiscoveryError

_KINDS = {"subnets": ("subnet", 16), "security-groups": ("sg", 5)}
"""What a VPC is told by: the ids' prefix, and how many Lambda takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vpc:
    """Subnets and security groups of one VPC."""

    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]


def read_vpc(where: str, settings: Any) -> Vpc | None:
    """The network that a stage names, or None.

    Raises:
        DiscoveryError: it is none.
    """
    if settings is None:
        return None
    if not isinstance(settings, dict) or set(settings) != set(_KINDS):
        raise DiscoveryError(
            f"{where}: its vpc needs subnets and security-groups, and nothing else.",
            hint='Write subnets = ["subnet-…", "subnet-…"] and security-groups = ["sg-…"] in it.',
        )
    found = {kind: _ids(where, kind, settings[kind]) for kind in _KINDS}
    return Vpc(subnets=found["subnets"], security_groups=found["security-groups"])


def _ids(where: str, kind: str, value: Any) -> tuple[str, ...]:
    prefix, most = _KINDS[kind]
    pattern = re.compile(rf"{prefix}-[0-9a-f]{{8}}(?:[0-9a-f]{{9}})?")
    ids = value if isinstance(value, list) else []
    if 0 < len(ids) <= most and all(isinstance(each, str) and pattern.fullmatch(each) for each in ids):
        return tuple(sorted(set(ids)))
    step = f'Write up to {most} ids: {kind} = ["{prefix}-0123456789abcdef0"].'
    raise DiscoveryError(f"{where}: {kind} = {value!r} cannot be.", hint=step)
