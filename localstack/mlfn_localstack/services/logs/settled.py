"""Whoever asks CloudWatch Logs finds all that was written before, though functions' lines come in batches."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

    Source = Callable[[], Awaitable[None]]

_ADDING = frozenset({"CreateLogGroup", "CreateLogStream", "PutLogEvents"})
"""What the sources themselves do: these wait for nothing."""


def settled(operations: Mapping[str, Operation], sources: Sequence[Source]) -> dict[str, Operation]:
    """The operations, each of which begins once every source's lines are there; `sources` may grow later."""
    return {name: each if name in _ADDING else _after(sources, each) for name, each in operations.items()}


def _after(sources: Sequence[Source], operation: Operation) -> Operation:
    async def run(context: RequestContext, params: Params) -> Result:
        await asyncio.gather(*(source() for source in sources))
        return await operation(context, params)

    return run
