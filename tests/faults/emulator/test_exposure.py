"""What of the emulator can be reached, by whom, and what it leaves readable."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.faults.emulator.functions import ALLOW_ALL, create_function, create_role
from tests.faults.emulator.killable import KillableEmulator, alive, descendants
from tests.faults.emulator.malformed.signing import Plain, to_bytes
from tests.faults.emulator.malformed.targets import root_signer
from tests.faults.emulator.malformed.wire import exchange

LOOPBACK = "0100007F"

pytestmark = pytest.mark.xdist_group("emulator-exposure")
CONTROL = ("/_emulator/reset", "/_emulator/shutdown")
DEBUG = ("/_localstack/state/reset", "/_localstack/diagnose", "/_localstack/init", "/_emulator/debug", "/moto-api/x")
EVERYWHERE = "0.0.0.0"  # noqa: S104 - bound only where the test is about that


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillableEmulator]:
    """An emulator that makes its state directory itself."""
    running = KillableEmulator(state_dir=tmp_path_factory.mktemp("exposed") / "state")
    running.start()
    yield running
    running.kill()


def _listening(pid: int) -> set[str]:
    """The addresses (in hexadecimal, with their ports) on which a process listens."""
    inodes = {entry.readlink().name for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                found.add(fields[1])
    return found


def test_it_listens_on_loopback_alone(emulator: KillableEmulator) -> None:
    assert {address.partition(":")[0] for address in _listening(emulator.pid)} == {LOOPBACK}


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "", "169.254.1.1", "example.com", "::ffff:0.0.0.0"])
def test_it_starts_on_no_other_address_unless_told(tmp_path: Path, host: str) -> None:
    command = [
        sys.executable,
        "-m",
        "mlfn_localstack",
        "--state-dir",
        str(tmp_path / "s"),
        "--port",
        "0",
        "--host",
        host,
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)

    assert ended.returncode == 2
    assert "--allow-remote" in ended.stderr
    assert not (tmp_path / "s").exists()


def test_it_starts_elsewhere_when_told(tmp_path: Path) -> None:
    running = KillableEmulator(state_dir=tmp_path / "state", arguments=("--host", EVERYWHERE, "--allow-remote"))
    running.start()
    try:
        assert {address.partition(":")[0] for address in _listening(running.pid)} == {"00000000"}
    finally:
        running.kill()


def test_state_and_keys_are_the_owners_alone(emulator: KillableEmulator) -> None:
    assert stat.S_IMODE(emulator.state_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((emulator.state_dir / "credentials.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("target", CONTROL)
def test_only_the_root_key_resets_and_stops(emulator: KillableEmulator, target: str) -> None:
    iam = emulator.client("iam")
    name = f"admin-{target.rpartition('/')[2]}"
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=json.dumps(ALLOW_ALL))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    root, plain = root_signer(emulator), Plain(service="emulator", method="POST", target=target)
    other = replace(root, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])

    unsigned = exchange(emulator.port, to_bytes(replace(plain, headers=(("Host", root.host),))))
    assert (unsigned.status, exchange(emulator.port, other.signed(plain)).status) == (403, 403)
    forged = replace(root, secret_key=key["SecretAccessKey"])
    stale = replace(root, shift_s=-1000)
    elsewhere = replace(root, scope_service="s3")
    for signer in (forged, stale, elsewhere):
        assert exchange(emulator.port, signer.signed(plain)).status == 403
    assert exchange(emulator.port, root.signed(replace(plain, method="GET"))).status == 404
    assert emulator.client("sts").get_caller_identity()["Account"] == "000000000000"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("target", DEBUG)
def test_there_is_no_debug_endpoint(emulator: KillableEmulator, method: str, target: str) -> None:
    headers = (("Host", f"127.0.0.1:{emulator.port}"),)

    answer = exchange(emulator.port, to_bytes(Plain(service="s3", method=method, target=target, headers=headers)))

    assert answer.status in (403, 404)


def test_health_says_that_the_process_runner_is_no_security_boundary(emulator: KillableEmulator) -> None:
    headers = (("Host", f"127.0.0.1:{emulator.port}"),)
    target = "/_localstack/health"

    answer = exchange(emulator.port, to_bytes(Plain(service="s3", method="GET", target=target, headers=headers)))

    functions = json.loads(answer.body)["lambda"]
    assert functions["runner"] == "process"
    assert "no security boundary" in functions["isolation"]
    secret = json.loads((emulator.state_dir / "credentials.json").read_text())["secret_key"]
    assert secret.encode() not in answer.raw
    assert secret not in (emulator.state_dir / "emulator.log").read_text()


@pytest.mark.parametrize("runner", ["process", "zygote", "bwrap"])
def test_functions_die_with_a_killed_emulator(tmp_path: Path, runner: str) -> None:
    if runner == "bwrap" and shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    running = KillableEmulator(state_dir=tmp_path / "state", arguments=(f"--option=lambda_runner={runner}",))
    running.start()
    try:
        role = create_role(running.client("iam"))
        python = f"python3.{sys.version_info.minor}"  # AWS's runtime: every runner has it
        code = "def handler(event, context):\n    return event"
        create_function(running.client("lambda"), "one", role, code, Runtime=python)
        answer = running.client("lambda").invoke(FunctionName="one", Payload=b"7")
        started = descendants(running.pid)
    finally:
        running.kill()

    assert answer["Payload"].read() == b"7"
    assert started
    deadline = time.monotonic() + 2
    while any(map(alive, started)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not [pid for pid in started if alive(pid)]
