"""Queries with regular expressions, run in a process of their own: one that never ends can be ended there.

In a thread it could not, and would keep the interpreter, and with it the event loop, to itself.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlfn_localstack.services.logs.insights.query import Line
    from mlfn_localstack.services.logs.insights.rows import Row

LIMIT_S = 5.0


async def run_apart(text: str, rows: list[Row], most: int) -> tuple[list[Line], int]:
    """What `Query.run` gives.

    Raises:
        TimeoutError: it takes too long.
        RuntimeError: it failed, as the log says.
    """
    given = pickle.dumps((text, rows, most))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, stdin=pipe, stdout=pipe)
    try:
        async with asyncio.timeout(LIMIT_S):
            answer, _ = await process.communicate(given)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"a query ended with {process.returncode}")
    found: tuple[list[Line], int] = pickle.loads(answer)  # noqa: S301 - from a child of ours
    return found


def main() -> None:
    """Run the query that standard input brings."""
    from mlfn_localstack.services.logs.insights.query import parse_query  # noqa: PLC0415 - the emulator needs it seldom

    text, rows, most = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the emulator
    sys.stdout.buffer.write(pickle.dumps(parse_query(text).run(rows, most)))


if __name__ == "__main__":
    main()
