"""Versions of functions, and the record of every time traffic was moved between them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


EMERGENCY = "emergency: went back without an approval"
"""Why a rollback was made at once where its stage wants an approval."""


class ShiftKind(StrEnum):
    """Why traffic was moved."""

    DEPLOY = "deploy"
    CANARY = "canary"
    """A share of the calls only; what answers the rest has not changed."""
    PROMOTE = "promote"
    ROLLBACK = "rollback"
    SHADOW = "shadow"
    """No traffic was moved: a version gets copies of calls."""
    SHADOW_END = "shadow-end"


COPYING = frozenset({ShiftKind.SHADOW, ShiftKind.SHADOW_END})
"""Kinds of entries that move no traffic at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One function's three aliases, pointed from one version to another."""

    function: str
    """The function's key inside the app."""
    source: str | None
    """The number of the version that answered before; None if there was none."""
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """Who agreed to a deploy."""

    by: str
    at: str
    plan: str
    """The digest of the plan that was approved, in hexadecimal."""
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What moves of traffic rest on."""

    revision: str | None = None
    reason: str | None = None
    approved: Approved | None = None


UNSAID = Basis()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Moves that were made together: an entry of the release log, never changed afterwards."""

    at: str
    """When, in UTC with microseconds."""
    kind: ShiftKind
    by: str
    """Who, as AWS knows the caller: an ARN."""
    revision: str | None
    """The commit of the project that was deployed, `+` behind it if there were changes beside it."""
    moves: tuple[Move, ...]
    reason: str | None = None
    """What a canary's end rests on, or that a rollback went without an approval."""
    approved: Approved | None = None
    """By whom, if it was needed."""

    @property
    def is_emergency(self) -> bool:
        """Whether it went without the approval that its stage wants of every other move."""
        return self.reason == EMERGENCY

    def to_json(self) -> str:
        """The entry as it is kept."""
        told = asdict(self)
        if self.approved is None:
            del told["approved"]  # as entries were before there were approvals
        return json.dumps(told, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Shift:
        """The entry that was kept."""
        fields = json.loads(text)
        moves = tuple(Move(**move) for move in fields.pop("moves"))
        approved = Approved(**fields["approved"]) if "approved" in fields else None
        return cls(**{**fields, "kind": ShiftKind(fields["kind"]), "moves": moves, "approved": approved})


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """An immutable version of a function."""

    number: int
    image: str
    """Its image version: 12 hex digits."""
    digest: str
    """Of its package, as Lambda names it: hex SHA-256, of an image's manifest."""
    published_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionVersions:
    """What there is of one function, and what answers."""

    function: str
    versions: tuple[Version, ...]
    """By number."""
    answering: str | None
    held_below: str | None
    """The newest version's number when traffic was put on an older one on purpose: no deploy moves it on from there."""
    canary: str | None = None
    """The version that a share of the calls goes to."""
    percent: int = 0
    """How large that share is."""


class Releases(Protocol):
    """Moves traffic between the versions of an app's functions; needs no stack, image or registry."""

    def versions(self, app: str, stage: str) -> tuple[FunctionVersions, ...]:
        """Every function of the app, by key."""

    def history(self, app: str, stage: str) -> tuple[Shift, ...]:
        """The release log, newest first."""

    def shift(self, app: str, stage: str, kind: ShiftKind, moves: tuple[Move, ...], basis: Basis = UNSAID) -> Shift:
        """Make these moves and log them.

        Raises:
            DeployError: a version is gone, or somebody else moved an alias meanwhile.
        """


def who_moved(history: Iterable[Shift], function: str) -> Mapping[str, Shift]:
    """By version number, the newest entry that put a function on it."""
    found: dict[str, Shift] = {}
    for shift in history:
        for move in shift.moves:
            if move.function == function and shift.kind not in COPYING:
                found.setdefault(move.to, shift)
    return found
