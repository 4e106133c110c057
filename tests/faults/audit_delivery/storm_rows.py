"""R1, R2 and R3: kills, a faulty table, a table that is killed, a table that is away."""

from __future__ import annotations

from pathlib import Path

from tests.faults.audit_delivery.row import Row
from tests.faults.audit_delivery.storm import Aftermath, Storm, rage

MODES = ("standard", "strict")
TABLE_KILLS = 5
SETTLED_WITHIN_S = 60.0


def workers_killed(folder: Path, *, calls: int, mode: str, seed: int) -> Row:
    """R1: a tenth of the calls loses its environment at a random moment, a tenth of the table requests fails."""
    after = rage(folder, Storm(calls=calls, mode=mode, seed=seed))
    return _row("R1", "workers killed, table faults", mode, after)


def table_killed(folder: Path, *, calls: int, mode: str, seed: int) -> Row:
    """R2: and the process that holds the table is killed five times."""
    after = rage(folder, Storm(calls=calls, mode=mode, seed=seed, table_kills=TABLE_KILLS))
    problems = []
    if mode == "standard":
        problems += [f"call {number} was not answered" for number in sorted(after.verdict.unanswered - after.killed)]
        problems += [f"{after.verdict.refused} calls were refused"] * bool(after.verdict.refused)
    return _row("R2", f"and the table killed {TABLE_KILLS} times", mode, after, problems)


def table_away(folder: Path, *, calls: int, mode: str, seed: int, outage_s: float) -> Row:
    """R3: strict refuses rather than loses; standard refuses nobody and catches up."""
    after = rage(folder, Storm(calls=calls, mode=mode, seed=seed, killed=0, faults=0, outage_s=outage_s))
    problems = []
    if mode == "strict" and not after.verdict.refused:
        problems.append("strict refused nobody")
    if mode == "standard" and after.verdict.refused:
        problems.append(f"standard refused {after.verdict.refused}")
    if after.settled_s > SETTLED_WITHIN_S:
        problems.append(f"the table had everything only after {after.settled_s:.0f} s")
    return _row("R3", f"table down for {outage_s:g} s", mode, after, problems)


def _row(row_id: str, scenario: str, mode: str, after: Aftermath, problems: list[str] | None = None) -> Row:
    verdict = after.verdict
    found = (
        f"ran {verdict.ran}, unrecorded {len(verdict.unrecorded)}; answered {verdict.answered}, "
        f"without record {len(verdict.incomplete)}; duplicates {len(verdict.duplicates)}; refused {verdict.refused}; "
        f"{after.faults} table faults, {after.late} records from the log, {after.abandoned} abandoned"
    )
    if row_id == "R3":
        found += f", all there {after.settled_s:.1f} s after recovery"
    return Row(
        id=row_id,
        scenario=f"{scenario}, {mode}",
        calls=verdict.dispatched,
        found=found,
        took_s=after.took_s,
        problems=[*verdict.problems(), *(problems or [])],
    )
