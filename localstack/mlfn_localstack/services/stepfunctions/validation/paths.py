"""JSONPath and intrinsic functions in a definition."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.failure import PathError
from mlfn_localstack.services.stepfunctions.asl.intrinsics import compile_intrinsic, is_intrinsic
from mlfn_localstack.services.stepfunctions.asl.jsonpath import compile_path

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.validation.inspection import Inspection

_VARIABLE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*")


def is_path(text: Any) -> bool:
    """Whether a value is a path into the input, the context object or a variable."""
    if not isinstance(text, str) or not text.startswith("$"):
        return False
    rest = text[1:] if text.startswith("$$") else _VARIABLE.sub("$", text, count=1)
    try:
        compile_path(rest)
    except PathError:
        return False
    return True


def _is_call(text: Any) -> bool:
    if not isinstance(text, str) or not is_intrinsic(text):
        return False
    try:
        compile_intrinsic(text)
    except ValueError:
        return False
    return True


def check_path(inspection: Inspection, value: Any, place: str) -> None:
    """Whether a path field holds a path (or, where AWS allows it, an intrinsic function)."""
    if not is_path(value) and not _is_call(value):
        inspection.report("Value must be a valid JSONPath.", place)


def check_template(inspection: Inspection, template: Any, place: str) -> None:
    """Whether every `name.$` member of a template can be read."""
    if isinstance(template, list):
        for index, item in enumerate(template):
            check_template(inspection, item, f"{place}[{index}]")
    if not isinstance(template, dict):
        return
    for name, value in template.items():
        if not name.endswith(".$"):
            check_template(inspection, value, f"{place}/{name}")
        elif not is_path(value) and not _is_call(value):
            message = f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"
            inspection.report(message, place)
