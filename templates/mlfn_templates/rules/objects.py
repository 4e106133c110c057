"""Objects in the stage's bucket: no model reads or writes what is another's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn.runtime.large_values import CALLS
from mlfn_templates.rules.stack import policies
from mlfn_templates.rules.trail import is_own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.linting.findings import Finding
    from mlfn_templates.rules.stack import Stack


def large_calls(stack: Stack) -> Iterator[Finding]:
    """Inputs and answers that no call has room for are their own model's: it alone says who put an input there."""
    if not stack.interfaces:
        return
    for statement in policies(stack):
        if statement.effect == "Deny":
            continue
        for resource in statement.resources:
            _, mark, rest = resource.partition(f"/{CALLS}")
            model, slash, _ = rest.partition("/")
            if mark and not (slash and is_own(stack, statement.owner, model)):
                yield statement.owner.says("large-calls", f"it may use {CALLS}{rest}, which is not its own")
