"""Functions that go wrong in every way: each call ends as documented, and nobody else notices."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random, SystemRandom

import pytest
from tests.faults.emulator.functions import create_function, create_role
from tests.faults.emulator.killable import KillableEmulator
from tests.faults.emulator.report import fault_table
from tests.faults.emulator.wards import EXPECTED, FaultReport, admit, treat

CALLS = int(os.environ.get("MLFN_FAULT_CALLS", "200")) // 10

pytestmark = pytest.mark.xdist_group("emulator-function-faults")


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillableEmulator]:
    """An emulator with a function for every fault, and a good one."""
    emulator = KillableEmulator(state_dir=tmp_path_factory.mktemp("hospital") / "state")
    emulator.start()
    try:
        admit(emulator)
        yield emulator
    finally:
        emulator.kill()


@pytest.fixture(scope="module")
def reports(hospital: KillableEmulator) -> dict[str, FaultReport]:
    """What became of the calls of every kind."""
    seed = int(os.environ.get("MLFN_FAULT_SEED") or SystemRandom().randrange(2**32))
    found = treat(hospital, calls=CALLS, rng=Random(seed))
    print(fault_table(found, seed))  # noqa: T201 - for pytest -s
    return {report.name: report for report in found}


@pytest.mark.parametrize("fault", EXPECTED)
def test_a_fault_ends_as_documented(reports: dict[str, FaultReport], fault: str) -> None:
    assert reports[fault].calls == CALLS
    assert not reports[fault].wrong


def test_nobody_else_is_disturbed(reports: dict[str, FaultReport]) -> None:
    bystander = reports["bystander"]

    assert bystander.calls >= 10
    assert not bystander.wrong
    assert bystander.slowest_s < 2


@pytest.mark.usefixtures("reports")
def test_no_process_is_left_of_functions_that_are_gone(hospital: KillableEmulator) -> None:
    for name in EXPECTED:
        hospital.client("lambda").delete_function(FunctionName=name)
    deadline = time.monotonic() + 5
    while _left_behind(hospital) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert not _left_behind(hospital)


def test_a_function_sees_nothing_of_the_emulators_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY_SECRET", "sk_live_of_the_user")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-user")
    emulator = KillableEmulator(state_dir=tmp_path / "state")
    emulator.start()
    try:
        role = create_role(emulator.client("iam"))
        code = "import os\ndef handler(event, headers):\n    return dict(os.environ)"
        create_function(emulator.client("lambda"), "look", role, code)
        seen = json.loads(emulator.client("lambda").invoke(FunctionName="look", Payload=b"{}")["Payload"].read())
    finally:
        emulator.kill()
    root = json.loads((emulator.state_dir / "credentials.json").read_text())

    assert "CANARY_SECRET" not in seen
    assert not {root["secret_key"], root["access_key"], "of-the-user"} & set(seen.values())


def _left_behind(emulator: KillableEmulator) -> list[int]:
    """Processes that functions have started and that outlived their calls."""
    return [pid for pid in emulator.function_processes() if b"61.25" in _command(pid)]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
