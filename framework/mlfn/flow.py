"""What a pipeline says about its flow, and what it means in process."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeVar

    T = TypeVar("T")


class parallel:  # noqa: N801 - reads as the statement it is: with parallel():
    """Inside `with parallel():`, each assignment runs on its own way at the same time; in process, one by one."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        return None


def limit(items: Iterable[T], at_once: int) -> Iterable[T]:
    """Items to loop over, at most `at_once` (1 to 40) of them at the same time; in process, one by one."""
    return items


def wait(seconds: int) -> None:
    """Let a pipeline pause for whole seconds, from 0 to less than its own `timeout_s`; nothing is billed meanwhile.

    In process it sleeps. What cannot be is refused when the pipeline is compiled (`PipelineError`).
    """
    time.sleep(seconds)
