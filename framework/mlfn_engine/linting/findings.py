"""What a look at an image finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether an image can be used as it is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """One thing that is wrong with an image."""

    rule: str
    message: str
    severity: Severity = Severity.ERROR


def collected(findings: list[Finding], limit: int = 3) -> list[Finding]:
    """Findings with all but the first few of each rule in one line."""
    kept: list[Finding] = []
    for rule in sorted({finding.rule for finding in findings}):
        same = sorted(finding for finding in findings if finding.rule == rule)
        kept += same[:limit]
        if len(same) > limit:
            rest = f"and {len(same) - limit:,} more like these"
            kept.append(Finding(rule=rule, message=rest, severity=same[0].severity))
    return kept
