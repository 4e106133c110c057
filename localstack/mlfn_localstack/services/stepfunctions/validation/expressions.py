"""JSONata in a definition, and the names of variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.jsonata import check_syntax, expression_in, top_references

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.validation.scope import Inspection

_CODE = re.compile(r"[A-Z]\d{4}: ")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_expression(inspection: Inspection, expression: str, place: str) -> None:
    """Whether an expression can be read."""
    problem = check_syntax(expression)
    if problem is not None:
        inspection.report(_CODE.sub("", problem, count=1), place, "INVALID_JSONATA_EXPRESSION")
        return
    for name in top_references(expression):
        message = f"Reference to '{name}' at the top level is not supported."
        inspection.report(message, place, "UNSUPPORTED_JSONATA_EXPRESSION")


def check_expressions(inspection: Inspection, value: Any, place: str) -> None:
    """Whether every expression in a template is one."""
    if isinstance(value, dict):
        for name, member in value.items():
            check_expressions(inspection, member, f"{place}/{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            check_expressions(inspection, item, f"{place}[{index}]")
    elif (expression := expression_in(value)) is not None:
        check_expression(inspection, expression, place)
    elif isinstance(value, str) and value.startswith("{%"):
        inspection.report("JSONata string must start with {% and end with %}", place)


def check_variables(inspection: Inspection, state: dict[str, Any], place: str) -> None:
    """Whether what a state assigns can be called so."""
    assigned = state.get("Assign")
    for name in assigned if isinstance(assigned, dict) else ():
        bare = name.removesuffix(".$")
        where = f"{place}/Assign/{name}"
        if bare == "states":
            inspection.report("Cannot assign to reserved variable '$states'.", where, "RESERVED_VARIABLE_NAME")
        elif not _NAME.fullmatch(bare):
            message = f"Invalid variable name '{bare}': the variable name contains invalid characters."
            inspection.report(message, where, "INVALID_VARIABLE_NAME")
