"""`capture=sample(0.05)`: a share of the calls, chosen so that a retry is chosen again."""

from __future__ import annotations


class Sample:
    """A share of a model's calls."""

    __slots__ = ("share",)

    def __init__(self, share: float) -> None:
        self.share = share

    def __repr__(self) -> str:
        return f"sample({self.share!r})"


def sample(share: float) -> Sample:
    """The share of calls whose payloads are captured: `capture=sample(0.05)`, from above 0 to 1.

    Another share is a `DeclarationError` once the app is resolved.
    """
    return Sample(share)
