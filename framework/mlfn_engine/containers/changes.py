"""What a deploy would change about an app's services."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mlfn_engine.planning.differences import INTERFACES, compare

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_engine.planning.differences import InterfaceChange


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredService:
    """A service as it should be."""

    name: str
    model: str
    version: str
    revision: str
    interface: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningService:
    """A service as the cluster has it."""

    name: str
    model: str
    version: str
    """Of the newest revision."""
    revision: str
    interface: str
    ready: bool
    """The newest revision is what it should be."""
    answering: tuple[tuple[str, int], ...]
    """Revision -> its share of the calls, in percent."""
    url: str
    pinned: bool = False
    """Traffic was given to a certain revision."""


class Step(StrEnum):
    """What happens to a service."""

    CREATE = "create"
    UPDATE = "update"
    RETRY = "retry"
    """It is declared so already, and not ready."""
    REMOVE = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChange:
    """One service's change."""

    step: Step
    name: str
    model: str
    version: str
    replaces: str | None = None
    """The version that it had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicesPlan:
    """All that a deploy would do; no changes: nothing."""

    changes: tuple[ServiceChange, ...]
    interfaces: tuple[InterfaceChange, ...]


def plan_services(declared: Iterable[DeclaredService], running: Iterable[RunningService]) -> ServicesPlan:
    """Compare what is declared with what the cluster has."""
    wanted, there = {each.name: each for each in declared}, {each.name: each for each in running}
    changes = [change for each in wanted.values() if (change := _change(each, there.get(each.name)))]
    changes += [
        ServiceChange(step=Step.REMOVE, name=each.name, model=each.model, version=each.version)
        for each in there.values()
        if each.name not in wanted
    ]
    return ServicesPlan(changes=tuple(changes), interfaces=_interfaces(there.values(), wanted.values()))


def _change(declared: DeclaredService, running: RunningService | None) -> ServiceChange | None:
    if running is None:
        step = Step.CREATE
    elif running.revision != declared.revision:
        step = Step.UPDATE
    elif not running.ready:
        step = Step.RETRY
    else:
        return None
    was = running.version if running and running.version != declared.version else None
    return ServiceChange(step=step, name=declared.name, model=declared.model, version=declared.version, replaces=was)


def _interfaces(running: Iterable[RunningService], declared: Iterable[DeclaredService]) -> tuple[InterfaceChange, ...]:
    before, after = _as_template(running), _as_template(declared)
    return compare(before, after).interfaces if before != after else ()


def _as_template(services: Iterable[DeclaredService | RunningService]) -> str:
    """What a comparison of templates looks at."""
    known = {each.model: json.loads(each.interface) for each in services if each.interface}
    return json.dumps({"Metadata": {INTERFACES: known}, "Resources": {}})
