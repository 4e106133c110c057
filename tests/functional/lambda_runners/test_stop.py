"""Stopping the emulator loses no line of a log."""

from __future__ import annotations

from typing import Any

from tests.fixtures.lambda_lab import Lab, Run


def test_the_report_of_the_last_call_is_logged_when_the_emulator_stops(run: Run) -> None:
    labs = []

    async def scenario(lab: Lab) -> Any:
        labs.append(lab)
        await lab.create("def handler(e, c): return e")
        return await lab.invoke(1)

    run(scenario)

    assert "REPORT RequestId" in labs[0].log()
