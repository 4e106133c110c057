"""Lines of output as the events of CloudWatch Logs that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PRINCIPAL = "lambda.amazonaws.com"
"""Who puts them."""
MAX_LINE_BYTES = 262_144 - 26
"""An event of CloudWatch Logs, less what it counts for itself."""


def texts_of(line: bytes) -> Iterator[str]:
    """A line as the events it makes: more than one if it is too long for one."""
    for start in range(0, len(line), MAX_LINE_BYTES):
        yield line[start : start + MAX_LINE_BYTES].decode("utf-8", "replace")
