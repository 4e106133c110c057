"""How far a mapping has come in a shard, and how often what is next has failed: a value, written after every step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Records up to a sequence number that are sent together."""

    end: str
    attempts: int = 0
    """How often they have failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Everything up to `after` is done with (None: nothing is); then come the segments, in order."""

    after: str | None = None
    segments: tuple[Segment, ...] = ()

    def beginning(self, end: str) -> Progress:
        """With the records up to `end` as the next segment."""
        return replace(self, segments=(Segment(end=end),))

    def skipped(self, end: str) -> Progress:
        """With the records up to `end` done with."""
        left = tuple(segment for segment in self.segments if segment.end != end)
        return replace(self, after=end, segments=left)

    def finished(self) -> Progress:
        """With the first segment done with."""
        return replace(self, after=self.segments[0].end, segments=self.segments[1:])

    def failed(self, after: str | None) -> Progress:
        """With one more failure of the first segment; what is left once records up to `after` went well counts anew."""
        first, *rest = self.segments
        attempts = first.attempts + 1 if after == self.after else 0
        return Progress(after=after, segments=(replace(first, attempts=attempts), *rest))

    def bisected(self, middle: str) -> Progress:
        """With the first segment cut in two, which costs no attempt."""
        first, *rest = self.segments
        return replace(self, segments=(replace(first, end=middle), first, *rest))

    def document(self) -> dict[str, Any]:
        """To be kept."""
        return {"after": self.after, "segments": [[segment.end, segment.attempts] for segment in self.segments]}


def progress_from(document: Mapping[str, Any] | None) -> Progress:
    """The progress a document stands for; none is the beginning of the shard."""
    if document is None:
        return Progress()
    segments = tuple(Segment(end=end, attempts=attempts) for end, attempts in document["segments"])
    return Progress(after=document["after"], segments=segments)
