"""Which Retry or Catch handles an error.

https://states-language.net/#errors
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName, StateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.services.stepfunctions.asl.flow import Definition


def matches(failure: StateError, names: list[str]) -> bool:
    """Whether an ErrorEquals list names a failure."""
    if failure.fatal:
        return False
    error = failure.error or ""
    if error in names or (failure.alias is not None and failure.alias in names):
        return True
    if ErrorName.TASK_FAILED in names and error != ErrorName.TIMEOUT:
        return True
    # the documentation excepts States.DataLimitExceeded from States.ALL; recorded executions show it caught
    return ErrorName.ALL in names


def next_delay(
    state: Definition,
    failure: StateError,
    counts: list[int],
    *,
    uniform: Callable[[float, float], float] | None = None,
) -> float | None:
    """Seconds until the next attempt, counted in `counts` (one per retrier), or None if no retrier allows one."""
    found = find_retrier(state, failure)
    if found is None:
        return None
    position, retrier = found
    if counts[position] >= retrier.get("MaxAttempts", 3):
        return None
    counts[position] += 1
    return _delay(retrier, counts[position], uniform or random.uniform)


def find_retrier(state: Definition, failure: StateError) -> tuple[int, Definition] | None:
    """The first retrier for a failure, with its position, or None."""
    return _first(state.get("Retry", []), failure)


def _delay(retrier: Definition, attempt: int, uniform: Callable[[float, float], float]) -> float:
    interval, rate = retrier.get("IntervalSeconds", 1), retrier.get("BackoffRate", 2.0)
    limit = float(retrier.get("MaxDelaySeconds", 31_622_400))
    try:
        delay = min(limit, interval * rate ** (attempt - 1))
    except OverflowError:
        delay = limit
    return uniform(0, delay) if retrier.get("JitterStrategy") == "FULL" else float(delay)


def find_catcher(state: Definition, failure: StateError) -> tuple[int, Definition] | None:
    """The first catcher for a failure, with its position, or None."""
    return _first(state.get("Catch", []), failure)


def _first(rules: list[Definition], failure: StateError) -> tuple[int, Definition] | None:
    for position, rule in enumerate(rules):
        if matches(failure, rule["ErrorEquals"]):
            return position, rule
    return None
