"""What a function with a root of its own cannot see or do."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.lambda_lab import Lab

Sealed = Callable[..., Any]
ATTEMPT = """
import os, socket, sys
def handler(event, context):
    try:
        return repr(eval(event))
    except (OSError, ValueError) as error:
        return type(error).__name__
"""


def tried(sealed: Sealed, *expressions: str) -> list[str]:
    """What a function got from each expression: its value, or the name of the error."""

    async def scenario(lab: Lab) -> Any:
        await lab.create(ATTEMPT)
        return [(await lab.invoke(expression))[0] for expression in expressions]

    found: list[str] = sealed(scenario)
    return found


def test_the_emulators_state_cannot_be_read(sealed: Sealed, tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text("secret")

    attempts = tried(sealed, f"open({str(tmp_path / 'credentials.json')!r}).read()", f"os.listdir({str(tmp_path)!r})")

    assert attempts == ["FileNotFoundError", "FileNotFoundError"]


def test_the_machines_own_files_are_not_there(sealed: Sealed) -> None:
    paths = ("/root/.bashrc", "/etc/shadow", "/etc/ssl/private", "/home", "/work", "/var/lib", "/sys/kernel")

    assert tried(sealed, *(f"os.stat({path!r})" for path in paths)) == ["FileNotFoundError"] * len(paths)


def test_other_processes_are_not_there(sealed: Sealed) -> None:
    seen = "sorted(map(int, filter(str.isdigit, os.listdir('/proc'))))"

    assert tried(sealed, seen, f"os.kill({os.getpid()}, 0)") == ["[1, 2]", "ProcessLookupError"]


@pytest.mark.parametrize("path", ["/", "/var/task", "/usr/bin", "/etc", "/opt", "/dev/shm", "/dev", "/run"])  # noqa: S108 - must be refused
def test_no_file_can_be_made_outside_tmp(sealed: Sealed, path: str) -> None:
    assert tried(sealed, f"open({path + '/new'!r}, 'w')")[0] in {"OSError", "PermissionError", "FileNotFoundError"}


@pytest.mark.parametrize("path", ["/var/task/app.py", "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger"])
def test_no_file_outside_tmp_can_be_changed(sealed: Sealed, path: str) -> None:
    assert tried(sealed, f"os.open({path!r}, os.O_WRONLY)")[0] in {"OSError", "PermissionError", "FileNotFoundError"}


def test_tmp_is_empty_and_as_large_as_declared(sealed: Sealed) -> None:
    size = "os.statvfs('/tmp').f_blocks * os.statvfs('/tmp').f_frsize"

    assert tried(sealed, "os.listdir('/tmp')", size) == ["[]", str(512 * 1024 * 1024)]


def test_another_port_of_the_machine_cannot_be_reached(sealed: Sealed) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        assert tried(sealed, f"socket.create_connection(('127.0.0.1', {port}), 2)") == ["ConnectionRefusedError"]


def test_no_other_machine_can_be_reached(sealed: Sealed) -> None:
    asked = ("socket.create_connection(('192.0.2.1', 80), 2)", "socket.getaddrinfo('example.com', 80)")

    assert tried(sealed, *asked) == ["OSError", "gaierror"]


def test_a_function_has_no_capabilities_and_gets_none(sealed: Sealed) -> None:
    status = "[line.split()[1] for line in open('/proc/self/status') if line.startswith(('Cap', 'NoNewPrivs'))]"
    identity = "(os.getuid(), os.getgid(), os.uname().nodename)"

    assert tried(sealed, status, identity) == [repr(["0000000000000000"] * 5 + ["1"]), "(993, 990, 'lambda')"]


def test_a_librarys_preload_stays_inside(sealed: Sealed) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("def handler(e, c): return e", Environment={"Variables": {"LD_PRELOAD": "/nowhere/evil.so"}})
        await lab.invoke(1)
        return await lab.log_has("/nowhere/evil.so")

    log = sealed(scenario)

    assert log.count("cannot be preloaded") <= 1, "the runtime's own start, and not bwrap's before it"


def test_arguments_of_the_sandbox_tell_no_secrets(sealed: Sealed) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("def handler(e, c): return e", Environment={"Variables": {"PASSWORD": "hunter-two"}})
        await lab.invoke(1)
        return [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]

    assert not any(b"hunter-two" in arguments for arguments in sealed(scenario))
