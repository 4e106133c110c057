"""Where a function is written, for messages that point there."""

from __future__ import annotations


def origin(function: object) -> tuple[str, int]:
    """The file and first line (its first decorator's) of a function; ("<unknown>", 0) of anything else."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = getattr(function, "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code is not None else ("<unknown>", 0)
