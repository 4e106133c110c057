"""The emulator as a process: start, stop, faults."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from mlfn_localstack.process import EmulatorStartError, read_credentials, reset, start, status, stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[Path]:
    """A state directory whose emulator is stopped in the end."""
    yield tmp_path
    stop(tmp_path)


def _client(state_dir: Path, service: str) -> object:
    credentials = read_credentials(state_dir)
    assert credentials is not None
    session = boto3.session.Session(credentials.access_key, credentials.secret_key, region_name="us-east-1")
    settings = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=5)
    return session.client(service, endpoint_url=credentials.endpoint, config=settings)  # type: ignore[call-overload]  # any service


def test_start_is_idempotent_and_stop_ends_it(state_dir: Path) -> None:
    first = start(state_dir, port=0)

    assert start(state_dir, port=0) == first
    assert stop(state_dir)
    assert status(state_dir) is None
    assert not stop(state_dir)


def test_the_root_key_is_random_and_private(state_dir: Path) -> None:
    start(state_dir, port=0)
    file = state_dir / "credentials.json"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = read_credentials(state_dir)
    stop(state_dir)
    start(state_dir, port=0)
    after = read_credentials(state_dir)
    assert before is not None
    assert after is not None
    assert (before.access_key, before.secret_key) == (after.access_key, after.secret_key)


def test_a_port_taken_by_a_stranger_is_said_so(state_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]

        with pytest.raises(EmulatorStartError, match=f"Port {port} is taken by another program"):
            start(state_dir, port=port)


def test_a_port_taken_by_our_own_names_its_state(state_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    port = start(state_dir, port=0).port

    with pytest.raises(EmulatorStartError, match="taken by the emulator of") as caught:
        start(other, port=port)
    assert str(state_dir) in caught.value.message


def test_other_machines_are_let_in_only_when_asked_for(tmp_path: Path) -> None:
    arguments = f"--state-dir {tmp_path} --port 0 --host 0.0.0.0"
    command = [sys.executable, "-m", "mlfn_localstack", *arguments.split()]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)

    assert answer.returncode == 2
    assert "--allow-remote" in answer.stderr


def test_reset_forgets_everything_but_the_keys(state_dir: Path) -> None:
    port = start(state_dir, port=0).port
    before = read_credentials(state_dir)
    _client(state_dir, "s3").create_bucket(Bucket="gone")  # type: ignore[attr-defined]  # a boto3 client

    assert reset(state_dir)
    running = status(state_dir)
    assert running is not None
    assert running.port == port
    assert read_credentials(state_dir) == before
    assert _client(state_dir, "s3").list_buckets()["Buckets"] == []  # type: ignore[attr-defined]


def test_every_acknowledged_write_survives_kill_9(state_dir: Path) -> None:
    acknowledged: list[str] = []
    for round_number in range(3):
        running = start(state_dir, port=0)
        writer = threading.Thread(target=_write_until_refused, args=(state_dir, round_number, acknowledged))
        writer.start()
        while len(acknowledged) < 20 * (round_number + 1) and writer.is_alive():
            time.sleep(0.01)
        os.kill(running.pid, signal.SIGKILL)
        writer.join()
        while status(state_dir) is not None:
            time.sleep(0.01)
    start(state_dir, port=0)
    found = {user["UserName"] for user in _every_user(state_dir)}

    assert len(acknowledged) >= 60
    assert set(acknowledged) <= found
    stop(state_dir)
    with contextlib.closing(sqlite3.connect(state_dir / "state.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def _write_until_refused(state_dir: Path, round_number: int, acknowledged: list[str]) -> None:
    iam = _client(state_dir, "iam")
    for number in range(10_000):
        name = f"user-{round_number}-{number}"
        try:
            iam.create_user(UserName=name)  # type: ignore[attr-defined]
        except (BotoCoreError, ClientError):
            return
        acknowledged.append(name)


def _every_user(state_dir: Path) -> list[dict[str, str]]:
    pages = _client(state_dir, "iam").get_paginator("list_users").paginate()  # type: ignore[attr-defined]
    return [user for page in pages for user in page["Users"]]
