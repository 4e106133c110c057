"""What a pipeline says about its flow; in process it changes nothing."""

from __future__ import annotations


class parallel:  # noqa: N801 - reads as the statement it is: with parallel():
    """Inside `with parallel():`, each assignment runs on its own way at the same time; in process, one by one."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        return None
