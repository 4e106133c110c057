"""Numbers in a definition: of what kind they are, and how large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.validation.inspection import Inspection


def check_number(inspection: Inspection, value: Any, place: str, low: float, high: float | None) -> None:
    """What is wrong with a number; it may have a fraction if its limits are written with one."""
    fraction = isinstance(low, float)
    if isinstance(value, bool) or not isinstance(value, int | float if fraction else int):
        inspection.report(f"Expected value of type {'Float' if fraction else 'Integer'}", place)
    elif value < low:
        inspection.report(f"Minimum value is {low}", place)
    elif high is not None and value > high:
        inspection.report(f"Maximum value is {high}", place)
