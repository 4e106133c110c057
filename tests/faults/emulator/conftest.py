"""An emulator of their own for the tests of hostile input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.faults.emulator.killable import KillableEmulator
from tests.faults.emulator.malformed.signing import Signer
from tests.faults.emulator.malformed.targets import prepare, root_signer


@dataclass(frozen=True, slots=True, kw_only=True)
class Prey:
    """An emulator with something in it to be attacked."""

    emulator: KillableEmulator
    api: str
    signer: Signer

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.emulator.port

    def client(self, service: str) -> Any:
        """A well-behaved client."""
        return self.emulator.client(service)


@pytest.fixture(scope="module")
def prey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prey]:
    """An emulator with a table, a bucket, a function, an API, a repository and whatever else can be named."""
    emulator = KillableEmulator(state_dir=tmp_path_factory.mktemp("prey") / "state")
    emulator.start()
    try:
        yield Prey(emulator=emulator, api=prepare(emulator), signer=root_signer(emulator))
        log = (emulator.state_dir / "emulator.log").read_text(errors="replace")
    finally:
        emulator.kill()
    assert "Traceback" not in log, log[log.index("Traceback") - 500 :][:4000]
