"""What is written into the trail of a call afterwards: a note beside its record, or that there was one at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn.audit.codec import fit
from mlfn.audit.record import Phase
from mlfn_audit.collecting.derived import platform_wire, sealed_phase
from mlfn_audit.reconciling.judging import CONFIRMED_LEVEL

if TYPE_CHECKING:
    from mlfn.audit.codec import Wire
    from mlfn_audit.reconciling.judging import Finding

_OF_THE_END = frozenset({"t1", "du", "oh", "ob", "os", "st", "er", "eh", "pc", "pp", "ds", "sb", "q", "p", "h", "id"})
"""What only a call's end has, or only a link of its writer's chain."""


def note(finding: Finding) -> Wire:
    """The note of a finding: the same from the same evidence, so that twice is once.

    Raises:
        ValueError: the finding is about no record, or names nobody.
    """
    if finding.record is None or finding.caller is None:
        raise ValueError("there is nothing to note")
    common = {name: value for name, value in finding.record.to_wire().items() if name not in _OF_THE_END}
    said = {"ca": fit(finding.caller, 192), "ct": finding.caller_type or "unknown", "cl": CONFIRMED_LEVEL}
    return sealed_phase({**common, **said, "os": fit(finding.why, 200)}, Phase.NOTE)


def dispatched(finding: Finding) -> Wire:
    """The record of a call that AWS has seen and nobody has recorded, under Lambda's request id."""
    facts: Wire = {"iv": fit(finding.invocation, 40), "t0": finding.at, "m": finding.model}
    if finding.caller is not None:
        facts |= {"ca": fit(finding.caller, 192), "ct": finding.caller_type or "unknown", "cl": CONFIRMED_LEVEL}
    return sealed_phase(platform_wire(facts), Phase.DISPATCHED)
