"""What a scenario of load saw acknowledged, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Protocol


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts, and a sentence for everything that is wrong."""

    acknowledged: int = 0
    duplicates: int = 0
    """Things done once more than acknowledged, where that is allowed."""
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What must not be there, and calls that were refused though nothing was wrong with them."""


class Scenario(Protocol):
    """One kind of load and its own record of what was acknowledged."""

    name: str
    tally: Tally

    def prepare(self) -> None:
        """Make what the load needs."""

    def work(self, round_number: int, rng: Random) -> None:
        """Make one call and note its acknowledgement; any exception of boto3's ends the round's load."""

    def check(self, round_number: int) -> None:
        """Compare a round's acknowledgements with what is there after the restart."""

    def finish(self) -> None:
        """Compare all of them, once nothing is going to change any more."""
