"""Which runner is used, and that the emulator says so."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.fixtures.emulator import LiveEmulator
from tests.fixtures.lambda_lab import Lab, Run

import mlfn_localstack
from mlfn_localstack.process import EmulatorStartError, read_credentials, runner_of, start, stop, with_runner
from mlfn_localstack.services.lambda_.execution.runner import RunnerUnavailableError
from mlfn_localstack.services.lambda_.execution.runners import choose

AS_ANOTHER_USER = """
import asyncio, os, pathlib, sys, tempfile
from mlfn_localstack.services.lambda_.execution.runner import Launch, Listener
from mlfn_localstack.services.lambda_.execution.runners import choose
class Hello(asyncio.Protocol):
    def connection_made(self, transport):
        transport.write(b"hello")
        transport.close()
async def main():
    state = pathlib.Path(tempfile.mkdtemp())
    (state / "scratch").mkdir()
    inside = "import os, socket; print(socket.create_connection(('127.0.0.1', 9001)).recv(9), os.listdir('/tmp'))"
    launch = Launch(command=(sys.executable, "-c", inside), environment={}, working_dir=pathlib.Path("/"),
                    scratch=state / "scratch", storage_mb=10, listeners=(Listener(port=9001, connected=Hello),))
    ended = asyncio.get_running_loop().create_future()
    output = []
    choose("bwrap", state).runner.start(launch, output.append, ended.set_result)
    print(os.getuid(), await ended, b"".join(output).decode())
asyncio.run(main())
"""


def test_process_is_the_default_and_says_that_it_isolates_nothing(run: Run) -> None:
    async def scenario(lab: Lab) -> object:
        return lab.environment.health["lambda"]

    said = run(scenario)

    assert said["runner"] == "process"
    assert "no security boundary" in said["isolation"]


def test_auto_falls_back_and_logs_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with caplog.at_level(logging.INFO):
        selection = choose("auto", tmp_path)

    assert selection.name == "process"
    assert "bubblewrap is not installed (Debian: apt-get install bubblewrap)" in caplog.text


def test_auto_takes_bubblewrap_where_it_works(bwrap: str, tmp_path: Path) -> None:
    selection = choose("auto", tmp_path)

    assert (selection.name, selection.mounted) == (bwrap, True)


def test_a_runner_asked_for_is_never_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(RunnerUnavailableError, match="bubblewrap is not installed"):
        choose("bwrap", tmp_path)


def test_a_broken_bubblewrap_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'setting up uid map: Permission denied'\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    with pytest.raises(RunnerUnavailableError, match="does not work here: setting up uid map: Permission denied"):
        choose("bwrap", tmp_path)


def test_a_docker_whose_daemon_does_not_run_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "docker"
    program.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon.' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    with pytest.raises(RunnerUnavailableError, match="docker does not work here: Cannot connect to the Docker daemon"):
        choose("docker", tmp_path)


@pytest.mark.parametrize(("name", "hint"), [("podman", "apt-get install podman runc catatonit"), ("docker", "https")])
def test_an_engine_that_is_missing_is_told_with_where_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, hint: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(RunnerUnavailableError, match=f"{name} is not installed .*{hint}"):
        choose(name, tmp_path)


def test_an_emulator_refuses_a_runner_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(EmulatorStartError, match="There is no runner 'chroot'"):
        start(tmp_path, port=0, arguments=with_runner("chroot"))


@pytest.mark.skipif(os.geteuid() != 0, reason="every test here runs as an unprivileged user already")
def test_bubblewrap_works_for_an_unprivileged_user(bwrap: str) -> None:
    sources = Path(mlfn_localstack.__file__).parent.parent
    command = ["/usr/bin/python3", "-B", "-c", AS_ANOTHER_USER]
    probe = subprocess.run(
        ["/usr/bin/python3", "-c", "import mlfn_localstack, sys; sys.exit(sys.version_info < (3, 11))"],
        user=65534,
        env={"PYTHONPATH": str(sources)},
        cwd="/",
        check=False,
        stderr=subprocess.DEVNULL,
    )
    if probe.returncode:
        pytest.skip("nobody has no Python 3.11 here, or may not read the sources")

    done = subprocess.run(
        command, user=65534, env={"PYTHONPATH": str(sources)}, cwd="/", check=True, capture_output=True, text=True
    )

    assert done.stdout.split("\n")[0] == "65534 0 b'hello' []"


def test_a_function_reaches_the_emulator_and_nothing_else(bwrap: str, tmp_path: Path) -> None:
    pytest.importorskip("awslambdaric", reason="AWS's runtime client is not installed")
    running = start(tmp_path, port=0, arguments=with_runner(bwrap))
    try:
        credentials = read_credentials(tmp_path)
        assert credentials is not None
        live = LiveEmulator(endpoint=running.endpoint, credentials=credentials, state_dir=tmp_path)
        answer = called(live)
        said = runner_of(running)
    finally:
        stop(tmp_path)

    assert answer["edition"] == "mlfn"
    assert answer["lambda"] == said
    assert said is not None and said["runner"] == "bwrap"


def called(live: LiveEmulator) -> dict[str, object]:
    """What a zip function that asks the emulator for its health answers."""
    code = (
        "import json, os, urllib.request as r\ndef handler(event, context):\n    url = os.environ['AWS_ENDPOINT_URL']\n"
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("app.py", f"{code}    return json.load(r.urlopen(url + '/_localstack/health'))\n")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = live.client("iam").create_role(RoleName="zip", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    live.client("lambda").create_function(
        FunctionName="asks",
        Runtime=f"python3.{sys.version_info.minor}",
        Handler="app.handler",
        Role=role,
        Code={"ZipFile": archive.getvalue()},
    )
    answer: dict[str, object] = json.load(live.client("lambda").invoke(FunctionName="asks")["Payload"])
    return answer
