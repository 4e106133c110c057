"""Notes in the trail: what was found out about a call after it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn.audit.codec import fit
from mlfn.audit.record import Phase
from mlfn_audit.platform.derived import sealed_phase
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
