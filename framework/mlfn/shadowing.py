"""What both ends of a shadow agree on: its alias, where its share is told, which calls are copied (docs/shadow.md)."""

from __future__ import annotations

from mlfn.sha256 import sha256

SHADOW = "shadow"
"""The alias of the version that gets copies, and the path that their records name."""
SAME = "the same answer"
ALONE = "no answer to compare with"


def settings_key(model: str) -> str:
    """The object in the stage's data bucket that says how many of a model's calls are copied, while any are."""
    return f"shadows/{model}"


def is_copied(invocation: str, percent: int) -> bool:
    """Whether a call is among those copied: its id decides, so that the report knows which were to be."""
    return int.from_bytes(sha256(invocation.encode())[16:24], "big") < percent * 2**64 // 100


def differing(differ: int, of: int, numbers: int, largest: float) -> str:
    """How two answers differ, without saying what is in them."""
    told = f"{differ} of {of} values differ"
    return f"{told}, {numbers} of them numbers, by at most {largest * 100:.3g} %" if numbers else told
