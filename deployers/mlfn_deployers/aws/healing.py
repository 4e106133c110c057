"""Mend what ails a deployed app, one thing at a time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn.errors import MlfnError
from mlfn_deployers.aws.api.errors import translated
from mlfn_deployers.aws.api.pace import poll_s
from mlfn_deployers.aws.releases import traffic
from mlfn_deployers.aws.stacks.change_sets import Stacks
from mlfn_engine.declarations.naming import aws_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlfn_deployers.aws.ailments import Ailment, Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class Healed:
    """What came of one ailment."""

    ailment: Ailment
    is_healed: bool
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Healer:
    """Mends what can be mended without asking."""

    patient: Patient
    remake: Callable[[str], str]
    """Builds and pushes a function's image again; says what it did, or raises an MlfnError."""

    def heal(self, ailments: Iterable[Ailment]) -> tuple[Healed, ...]:
        """Mend them in turn; what cannot be mended is told, and does not hold up the others."""
        return tuple(self._tried(each) for each in ailments if each.is_healable)

    def _tried(self, ailment: Ailment) -> Healed:
        try:
            with translated(self.patient.target):
                told = self._mended(ailment)
        except MlfnError as error:
            return Healed(ailment=ailment, is_healed=False, told=error.message)
        return Healed(ailment=ailment, is_healed=True, told=told)

    def _mended(self, ailment: Ailment) -> str:
        match ailment.name:
            case "stack holds nothing":
                self._stacks().delete(ailment.subject, self.patient.reporter)
                return "deleted it; mlfn deploy makes it anew"
            case "rollback failed":
                left = self._stacks().go_on_rolling_back(ailment.subject, self.patient.reporter, skip=True)
                without = f" without {', '.join(left)}" if left else ""
                return f"rolled it back{without}; mlfn deploy goes on from there"
            case "resource conflict":
                return self._waited(ailment.subject)
            case "split aliases":
                return self._joined(ailment.subject)
            case _:
                return self.remake(ailment.subject)

    def _stacks(self) -> Stacks:
        clients = self.patient.clients
        return Stacks(clients.cloudformation, clients.s3, poll_s=poll_s(self.patient.target))

    def _waited(self, name: str) -> str:
        client = self.patient.clients.functions
        while client.get_function_configuration(FunctionName=name).get("LastUpdateStatus") == "InProgress":
            time.sleep(poll_s(self.patient.target))
        return "waited until it was done"

    def _joined(self, key: str) -> str:
        client, name = self.patient.clients.functions, aws_name(self.patient.app, self.patient.stage, key)
        answering = traffic.current(client, name)
        if answering is None:
            return "its aliases are gone; mlfn deploy makes them anew"
        traffic.move(client, name, answering.version, held_below=answering.held_below)
        return f"all of its aliases point to {answering.version}, as live did"
