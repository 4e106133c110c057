"""Lines of output as the events of CloudWatch Logs that they make."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PRINCIPAL = "lambda.amazonaws.com"
"""Who puts them."""
MAX_LINE_BYTES = 262_144 - 26
"""An event of CloudWatch Logs, less what it counts for itself."""

_ONE_RECORD = re.compile(
    rb"""
    (?P<error>.*\rTraceback[ ]\(most[ ]recent[ ]call[ ]last\):\r)  # an error, from the runtime client for Python
    | \d{4}-\d\d-\d\dT[\d:.]+Z \t [^\t\r]* \t [A-Z]+ \t .* \r  # something told to the console of Node.js
    """,
    re.DOTALL | re.VERBOSE,
)


def logged(line: bytes) -> bytes:
    """A line as it is logged: what a runtime put into one, so that it stays together, stands below each other."""
    found = _ONE_RECORD.match(line) if b"\r" in line else None
    if found is None:
        return line
    whole = line.removesuffix(b"\n") if found["error"] else line
    return whole.replace(b"\r", b"\n")


def texts_of(line: bytes) -> Iterator[str]:
    """A line as the events it makes: more than one if it is too long for one."""
    line = logged(line)
    for start in range(0, len(line), MAX_LINE_BYTES):
        yield line[start : start + MAX_LINE_BYTES].decode("utf-8", "replace")
