from collections.abc import Callable

from mlfn import model


class Plain: ...


@model
def plain(value: Plain) -> Callable[[int], int]:
    return abs


@model
def unknown(value: "Missing") -> int:
    return 1


@model
def default(value: int, other: int = "x") -> int:
    return 1
