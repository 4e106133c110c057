"""What every runner owes a function, and what it does not let it get away with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.lambda_lab import Lab

Under = Callable[..., Any]


def running(marker: str) -> list[str]:
    """The processes of this machine with a text among their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += [path.parent.name] if marker.encode() in path.read_bytes() else []
        except OSError:
            continue
    return found


async def gone(marker: str) -> bool:
    """Whether these processes end soon."""
    deadline = time.monotonic() + 5
    while running(marker) and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    return not running(marker)


def test_a_function_runs_in_its_task_root(under: Under) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("import os\ndef handler(e, c): return [e, os.getcwd(), os.environ['LAMBDA_TASK_ROOT']]")
        return await lab.invoke({"x": 1})

    (event, directory, task_root), _ = under(scenario)

    assert event == {"x": 1}
    assert directory == task_root


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("sys.exit(0)", "Runtime exited without providing a reason"),
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("os._exit(7)", "Runtime exited with error: exit status 7"),
        ("ctypes.string_at(0)", "Runtime exited with error: signal: segmentation fault"),
        ("os.abort()", "Runtime exited with error: signal: aborted"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
    ],
    ids=["exit-0", "exit-3", "hard-exit", "segfault", "abort", "kill"],
)
def test_an_exit_is_told_as_lambda_tells_it(under: Under, statement: str, message: str) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(f"import ctypes, os, sys\ndef handler(e, c):\n    if e: {statement}\n    return 'fine'")
        failed, _ = await lab.invoke(True)
        return failed, (await lab.invoke(False))[0]

    failed, after = under(scenario)

    assert message in failed["errorMessage"]
    assert failed["errorType"] == "Runtime.ExitError"
    assert after == "fine"


def test_a_missing_program_is_told(under: Under) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("", ImageConfig={"EntryPoint": ["/opt/missing"]})
        return await lab.invoke()

    error, _ = under(scenario)

    assert error["errorType"] == "Runtime.InvalidEntrypoint"
    assert "No such file or directory" in error["errorMessage"]


def test_a_timeout_ends_children_outside_the_session(under: Under, tmp_path: Path) -> None:
    marker = f"sleeper-of-{tmp_path.name}"
    code = f"""
    import subprocess, sys, time
    def handler(event, context):
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", {marker!r}], start_new_session=True)
        time.sleep(30)
    """

    async def scenario(lab: Lab) -> Any:
        await lab.create(code, Timeout=1)
        error, _ = await lab.invoke()
        return error, await gone(marker)

    error, ended = under(scenario)

    assert "Task timed out after 1.00 seconds" in error["errorMessage"]
    assert ended


def test_too_much_memory_ends_the_environment(under: Under) -> None:
    async def scenario(lab: Lab) -> Any:
        code = "import time\ndef handler(e, c):\n    x = bytearray(e * 1024 * 1024)\n    time.sleep(3 if e else 0)"
        await lab.create(code, MemorySize=128, Timeout=10)
        failed, _ = await lab.invoke(300)
        return failed, await lab.invoke(0)

    failed, (after, _) = under(scenario)

    assert failed["errorType"] == "Runtime.OutOfMemory"
    assert after is None


@pytest.mark.parametrize("kind", ["thread", "child"])
def test_nothing_runs_between_calls(under: Under, kind: str) -> None:
    code = """
    import os, subprocess, sys, threading, time
    path = os.path.join(os.environ["TMPDIR"], "ticks")
    def tick():
        while True:
            open(path, "a").write(".")
            time.sleep(0.01)
    def handler(event, context):
        if event == "thread":
            threading.Thread(target=tick, daemon=True).start()
        elif event == "child":
            loop = "import sys, time\\nwhile True:\\n    open(sys.argv[1], 'a').write('.')\\n    time.sleep(0.01)"
            subprocess.Popen([sys.executable, "-c", loop, path], start_new_session=True)
        time.sleep(0.3)
        return os.path.getsize(path)
    """

    async def scenario(lab: Lab) -> Any:
        await lab.create(code)
        first, _ = await lab.invoke(kind)
        await asyncio.sleep(1.5)
        second, _ = await lab.invoke()
        return first, second

    first, second = under(scenario)

    assert first > 0
    assert first < second < first + 80, "0.3 s of ticks, not 1.8 s"


def test_temporary_files_stay_between_calls_and_go_with_the_environment(under: Under) -> None:
    code = """
    import os
    def handler(event, context):
        path = os.path.join(os.environ["TMPDIR"], "kept")
        known = os.path.exists(path)
        open(path, "w").close()
        return known
    """

    async def scenario(lab: Lab) -> Any:
        await lab.create(code)
        calls = [(await lab.invoke())[0], (await lab.invoke())[0]]
        await lab.do("UpdateFunctionConfiguration", Description="new environments")
        return [*calls, (await lab.invoke())[0]]

    assert under(scenario) == [False, True, False]


def test_many_small_files_cannot_exceed_the_storage(under: Under) -> None:
    code = """
    import os, time
    def handler(event, context):
        for number in range(event):
            with open(os.path.join(os.environ["TMPDIR"], str(number)), "wb") as file:
                file.write(bytes(100_000_000))
        time.sleep(2 if event else 0)
    """

    async def scenario(lab: Lab) -> Any:
        await lab.create(code, MemorySize=512, Timeout=20)
        failed, _ = await lab.invoke(6)
        return failed, (await lab.invoke(0))[0]

    failed, after = under(scenario)

    assert "No space left on device" in failed["errorMessage"]
    assert after is None


def test_an_environment_has_as_many_open_files_as_lambda_allows(under: Under) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("import resource\ndef handler(e, c): return resource.getrlimit(resource.RLIMIT_NOFILE)")
        return await lab.invoke()

    assert under(scenario)[0] == [1024, 1024]


def test_a_function_that_wakes_does_not_preempt_the_emulator(under: Under) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("import os\ndef handler(e, c): return os.sched_getscheduler(0) == os.SCHED_BATCH")
        deadline = time.monotonic() + 60
        while (await lab.invoke())[0] is not True:  # a container may have its first call before it is told
            assert time.monotonic() < deadline

    under(scenario)
