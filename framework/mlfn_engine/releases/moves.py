"""Which moves a rollback or a promotion is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn.errors import DeployError, UsageError
from mlfn_engine.releases.history import Move, ShiftKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlfn_engine.releases.history import FunctionVersions, Shift


_CHANGES = frozenset({ShiftKind.DEPLOY, ShiftKind.PROMOTE})
"""What a rollback undoes."""


def rollback_moves(
    functions: Sequence[FunctionVersions], history: Sequence[Shift], *, function: str | None, to: str | None
) -> tuple[Move, ...]:
    """Back to `to`; without it, back to before the newest change of traffic that still holds.

    Raises:
        UsageError: there is no such function or version.
        DeployError: there is nothing to go back to.
    """
    if function is None:
        if to is not None:
            raise UsageError("--to is a version of one model.", hint=f"Say which: mlfn rollback MODEL --to {to}.")
        return _undone(functions, history)
    found = _function(functions, function)
    if to is not None:
        return _single(found, _number(found, to))
    return (_without_canary(found),) if found.canary else _single(found, _before(found, history))


def promotion_moves(functions: Sequence[FunctionVersions], function: str, version: str) -> tuple[Move, ...]:
    """A function's traffic on a version, older or newer.

    Raises:
        UsageError: there is no such function or version.
    """
    found = _function(functions, function)
    return _single(found, _number(found, version))


def _single(found: FunctionVersions, number: str) -> tuple[Move, ...]:
    if number == found.answering and found.canary is None:
        return ()
    return (Move(function=found.function, source=found.answering, to=number),)


def _undone(functions: Sequence[FunctionVersions], history: Iterable[Shift]) -> tuple[Move, ...]:
    """The canaries under way; else the newest deploy or promotion that still holds for some function, backwards."""
    if canaries := tuple(_without_canary(each) for each in functions if each.canary):
        return canaries
    answering = {each.function: each.answering for each in functions}
    known = {each.function: {str(version.number) for version in each.versions} for each in functions}
    for shift in history:
        if shift.kind not in _CHANGES:
            continue
        moves = tuple(
            Move(function=move.function, source=move.to, to=move.source)
            for move in shift.moves
            if move.source in known.get(move.function, ()) and move.source and answering[move.function] == move.to
        )
        if moves:
            return moves
    raise DeployError(
        "There is nothing to roll back to: no earlier change of traffic is known whose versions still exist.",
        hint="See mlfn versions; put one model on one of its versions with: mlfn rollback MODEL --to NUMBER.",
    )


def _without_canary(found: FunctionVersions) -> Move:
    return Move(function=found.function, source=found.canary, to=str(found.answering))


def _before(found: FunctionVersions, history: Iterable[Shift]) -> str:
    """What answered before the version that answers; if no entry says it, the next older version."""
    numbers = {str(version.number) for version in found.versions}
    for shift in history:
        for move in shift.moves:
            is_ours = move.function == found.function and move.to == found.answering
            if is_ours and shift.kind in _CHANGES and move.source in numbers:
                return str(move.source)
    older = [version.number for version in found.versions if version.number < int(found.answering or 0)]
    if not older:
        raise DeployError(
            f"{found.function} has no version before {found.answering}.",
            hint=f"See what there is with: mlfn versions {found.function}",
        )
    return str(max(older))


def _function(functions: Sequence[FunctionVersions], key: str) -> FunctionVersions:
    for each in functions:
        if each.function == key:
            return each
    known = ", ".join(each.function for each in functions) or "none"
    raise UsageError(f"There is no deployed model {key!r}.", hint=f"Deployed: {known}.")


def _number(found: FunctionVersions, text: str) -> str:
    """A version by its number, or by the start of its image version if only one begins so."""
    by_number = [version for version in found.versions if str(version.number) == text]
    starting = [version for version in found.versions if len(text) >= 4 and version.image.startswith(text)]
    matches = by_number or starting
    if len(matches) == 1:
        return str(matches[0].number)
    known = ", ".join(f"{version.number} ({version.image[:7]})" for version in found.versions[-8:]) or "none"
    found_several = f"has several versions {text!r}" if matches else f"has no version {text!r}"
    raise UsageError(f"{found.function} {found_several}.", hint=f"The newest there are: {known}.")
