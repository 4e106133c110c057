"""Moves of traffic in a stage that wants approvals: which wait for one, and what one is of."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mlfn_engine.canonical import digest
from mlfn_engine.planning.differences import Differences
from mlfn_engine.releases.history import COPYING, ShiftKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlfn_engine.releases.history import FunctionVersions, Move, Shift


def goes_back(move: Move, history: Sequence[Shift]) -> bool:
    """Whether it puts to work what answered before the version that does now: an emergency waits for nobody.

    Without a release log that answers, an older number is enough.
    """
    if move.source is None or move.to == move.source:
        return move.to == move.source  # all calls for what most of them go to already: the end of a canary
    return int(move.to) < int(move.source) and (not history or move.to in _answered(history, move.function))


def moves_shown(app: str, stage: str, target: str, pairs: Iterable[tuple[Move, FunctionVersions]]) -> dict[str, Any]:
    """What an approver is told of moves, in the form of a plan that does nothing else."""
    told = list(pairs)
    return {
        "app": app,
        "stage": stage,
        "target": target,
        "actions": [
            {"action": "MoveTraffic", "function": move.function, "version": f"version {move.to}"} for move, _ in told
        ],
        "differences": asdict(Differences()),
        "moves": [_in_full(*each) for each in told],
    }


def moves_digest(shown: dict[str, Any]) -> str:
    """What an approval of moves is of: where traffic is, where it goes, and which code that is."""
    return digest({"moves": shown})


def _answered(history: Iterable[Shift], function: str) -> frozenset[str]:
    """The versions that had all of a function's calls."""
    kinds = COPYING | {ShiftKind.CANARY}
    moves = [move for shift in history if shift.kind not in kinds for move in shift.moves]
    return frozenset(
        number for move in moves if move.function == function for number in (move.source, move.to) if number
    )


def _in_full(move: Move, function: FunctionVersions) -> dict[str, Any]:
    (version,) = (each for each in function.versions if str(each.number) == move.to)
    return {
        "function": move.function,
        "from": move.source,
        "to": move.to,
        "image": version.image,
        "digest": version.digest,
        "published_at": version.published_at,
        "canary": function.canary,
        "percent": function.percent,
        "held_below": function.held_below,
    }
