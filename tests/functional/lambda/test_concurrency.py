"""How many calls run at once, and what becomes of the others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from tests.fixtures.lambda_lab import Lab, Run

ECHO = "def handler(event, context):\n    return event"


def test_reserved_concurrency_throttles_with_its_reason(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("import time\ndef handler(e, c):\n    time.sleep(.3)")
        await lab.do("PutFunctionConcurrency", ReservedConcurrentExecutions=1)
        return await asyncio.gather(lab.invoke(), lab.invoke(), return_exceptions=True)

    fine, refused = run(scenario)

    assert fine[1]["StatusCode"] == 200
    assert isinstance(refused, ServiceError)
    assert (refused.code, refused.status) == ("TooManyRequestsException", 429)
    assert refused.fields["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_the_account_limit_throttles_functions_without_reservation(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("import time\ndef handler(e, c):\n    time.sleep(.3)")
        return await asyncio.gather(lab.invoke(), lab.invoke(), return_exceptions=True)

    _, refused = run(scenario, lambda_account_limit="1")

    assert refused.fields["Reason"] == "ConcurrentInvocationLimitExceeded"


def test_a_burst_is_queued_not_refused(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(ECHO)
        return [event for event, _ in await asyncio.gather(*(lab.invoke(n) for n in range(40)))]

    assert run(scenario) == list(range(40))


def test_a_burst_of_one_function_does_not_starve_another(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("import time\ntime.sleep(.1)\ndef handler(e, c):\n    time.sleep(.05)", "busy")
        await lab.create(ECHO, "calm")
        burst = [asyncio.ensure_future(lab.invoke(name="busy")) for _ in range(20)]
        await asyncio.sleep(0.01)
        await lab.invoke(1, "calm")
        waiting = sum(not call.done() for call in burst)
        await asyncio.gather(*burst)
        return waiting

    assert run(scenario) > 0
