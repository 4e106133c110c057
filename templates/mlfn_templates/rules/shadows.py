"""A function copies its calls to one alias of its own, and a copy is kept nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn.shadowing import SHADOW, settings_key
from mlfn_templates.rules.stack import policies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.linting.findings import Finding
    from mlfn_templates.rules.stack import Resource, Stack, Statement

LONGEST_S = 60
"""A copy may wait; Lambda takes no less."""


def shadows(stack: Stack) -> Iterator[Finding]:
    """What a shadow's stack permits is to send copies and to read how many; what it sends ends with the call."""
    for alias in stack.of("AWS::Lambda::Alias"):
        if alias.get("Name") != SHADOW:
            continue
        for statement in policies(stack):
            if not _is_needed(statement, alias):
                yield statement.owner.says(
                    "shadow-permission", f"{', '.join(statement.actions)}: a shadow needs no such"
                )
        if not any(_is_short(config, alias) for config in stack.of("AWS::Lambda::EventInvokeConfig")):
            yield alias.says(
                "shadow-kept", "copies are tried again, wait longer than a minute, or are kept when they fail"
            )


def _is_needed(statement: Statement, alias: Resource) -> bool:
    match statement.actions:
        case ("lambda:InvokeFunction",):
            return statement.resources == (alias.name,)
        case ("s3:GetObject",):
            _, mark, model = statement.resources[0].partition(f"/{settings_key('')}")
            return len(statement.resources) == 1 and bool(mark) and "*" not in model
        case _:
            return False


def _is_short(config: Resource, alias: Resource) -> bool:
    is_its = config.get("FunctionName") == alias.get("FunctionName") and config.get("Qualifier") == SHADOW
    waits = config.get("MaximumEventAgeInSeconds") or LONGEST_S + 1
    return (
        is_its
        and config.get("MaximumRetryAttempts") == 0
        and waits <= LONGEST_S
        and not config.get("DestinationConfig")
    )
