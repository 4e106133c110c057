"""JSONata in a definition, and the names of variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.jsonata import check_syntax, expression_in, top_references
from mlfn_localstack.services.stepfunctions.asl.references import without_texts

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.validation.inspection import Inspection

_CODE = re.compile(r"[A-Z]\d{4}: ")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ROOT = re.compile(r"\$\$(?!\w)")
_ERROR_OUTPUT = re.compile(r"\$states\s*\.\s*errorOutput\b")


def check_expression(inspection: Inspection, expression: str, place: str, *, caught: bool = False) -> None:
    """Whether an expression can be read, and asks for nothing that is not there where it stands.

    `caught` says that it belongs to a catcher, which sees the error.
    """
    problem = check_syntax(expression)
    if problem is not None:
        inspection.report(_CODE.sub("", problem, count=1), place, "INVALID_JSONATA_EXPRESSION")
        return
    absent = [f"Reference to '{name}' at the top level is not supported." for name in top_references(expression)]
    mentioned = without_texts(expression)
    if _ROOT.search(mentioned):
        absent.append("Reference to '$$' is not supported.")
    if not caught and _ERROR_OUTPUT.search(mentioned):
        absent.append("Field '$states.errorOutput' does not exist.")
    for message in absent:
        inspection.report(message, place, "UNSUPPORTED_JSONATA_EXPRESSION")


def check_expressions(inspection: Inspection, value: Any, place: str, *, caught: bool = False) -> None:
    """Whether every expression in a template is one."""
    if isinstance(value, dict):
        for name, member in value.items():
            check_expressions(inspection, member, f"{place}/{name}", caught=caught)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            check_expressions(inspection, item, f"{place}[{index}]", caught=caught)
    elif (expression := expression_in(value)) is not None:
        check_expression(inspection, expression, place, caught=caught)
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
