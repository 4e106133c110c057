"""Stopping the emulator loses no line of a log."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from tests.fixtures.lambda_lab import Lab, Run

from mlfn_localstack.services.lambda_.execution.logs import LAZY_FLUSH_S, LogStream


def test_the_report_of_the_last_call_is_logged_when_the_emulator_stops(run: Run) -> None:
    labs = []

    async def scenario(lab: Lab) -> Any:
        labs.append(lab)
        await lab.create("def handler(e, c): return e")
        return await lab.invoke(1)

    run(scenario)

    assert "REPORT RequestId" in labs[0].log()


def test_nothing_of_a_log_begins_once_it_has_ended_and_is_flushed(run: Run) -> None:
    begun: list[Any] = []

    def noting(loop: asyncio.AbstractEventLoop, coroutine: Any, **more: Any) -> asyncio.Task[Any]:
        begun.append(coroutine)
        return asyncio.Task(coroutine, loop=loop, **more)

    async def scenario(lab: Lab) -> Any:
        log = LogStream(lab, "/aws/lambda/f", "1", lab.lambda_._output)
        pipe, written = os.pipe()
        log.hold(pipe)
        log.lines("REPORT")
        log.let_go()
        await log.flush()
        asyncio.get_running_loop().set_task_factory(noting)
        await asyncio.sleep(3 * LAZY_FLUSH_S)
        asyncio.get_running_loop().set_task_factory(None)
        os.close(pipe)
        os.close(written)

    run(scenario)

    assert begun == []
