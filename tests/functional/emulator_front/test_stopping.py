"""Services are stopped one by one, whatever becomes of the one before."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mlfn_localstack.emulator import Emulator
from mlfn_localstack.service import Caller, ServiceError
from mlfn_localstack.services.sns import Sns
from mlfn_localstack.services.sqs import Sqs
from mlfn_localstack.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_localstack.http import HttpRequest


class Nobody:
    """Knows no signature."""

    def authenticate(self, request: HttpRequest, service: str) -> Caller:
        """Nobody."""
        raise ServiceError("MissingAuthenticationToken", f"{request.method} {service}", status=403)


def test_a_service_that_does_not_stop_keeps_no_other_going(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stopped: list[str] = []

    async def fail(_: Sqs) -> None:
        raise OSError("no more descriptors")

    async def stop(_: Sns) -> None:
        stopped.append("sns")

    monkeypatch.setattr(Sqs, "stop", fail)
    monkeypatch.setattr(Sns, "stop", stop)

    async def scenario() -> None:
        store = Store(tmp_path / "state.db")
        emulator = Emulator(store=store, authenticator=Nobody(), state_dir=tmp_path)
        emulator.service("sqs")
        emulator.service("sns")
        await emulator.stop()
        store.close()

    asyncio.run(scenario())

    assert stopped == ["sns"]
    assert "The service sqs did not stop" in caplog.text
