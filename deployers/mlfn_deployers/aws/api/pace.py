"""How often a target is asked whether something is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlfn_engine.values import Target

POLL_AWS_S = 2.0
POLL_EMULATOR_S = 0.03


def poll_s(target: Target) -> float:
    """Seconds between two questions: AWS counts them, the emulator does not mind."""
    return POLL_EMULATOR_S if target.endpoint_url else POLL_AWS_S
