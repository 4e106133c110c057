"""Operations that wait between reading and writing: one after the other, or one undoes what another has done."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Collection, Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result


def in_turn(operations: Mapping[str, Operation], writing: Collection[str], turn: asyncio.Lock) -> dict[str, Operation]:
    """The operations, of which those that write wait for each other, whether they wait for anything else or not."""
    return {name: _alone(each, turn) if name in writing else each for name, each in operations.items()}


def _alone(operation: Operation, turn: asyncio.Lock) -> Operation:
    async def run(context: RequestContext, params: Params) -> Result:
        async with turn:
            return await operation(context, params)

    return run
