"""What is particular to environments that are forked: they share an interpreter's past, and nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.lambda_lab import PYTHON, ROLE, RUNTIME, Lab, Run, Scenario, layer_of
from tests.functional.lambda_runners.conftest import available

from mlfn_localstack.services.lambda_.execution.zygote import split_command

Forked = Callable[[Scenario], Any]
LIBRARY = "import time\nIMPORTED_BY = __import__('os').getpid()\n"


@pytest.fixture
def forked(run: Run, tmp_path: Path) -> Forked:
    """Run a scenario under the zygote runner."""
    name = available("zygote", tmp_path / "probe")
    return lambda scenario: run(scenario, lambda_runner=name)


async def create(
    lab: Lab, answer: str, setup: str = "import library", library: str = LIBRARY, runtime: str = RUNTIME
) -> None:
    """A function that needs an installed package and answers, after a moment, with an expression."""
    code = f"import os, time\n{setup}\ndef handler(e, c):\n    time.sleep(0.3)\n    return {answer}\n"
    layer = layer_of({"var/task/app.py": code, "opt/python/library.py": library, "opt/boot.py": runtime})
    config = {
        "Entrypoint": [PYTHON, "-u", "/opt/boot.py"],
        "Env": ["PYTHONPATH=/var/task:/opt/python"],
        "WorkingDir": "/var/task",
        "Labels": {"org.opencontainers.image.base.name": "host"},
    }
    image = {"ImageUri": lab.push_layers([layer], **config)}
    await lab.do("CreateFunction", PackageType="Image", Code=image, Role=ROLE, MemorySize=256, Timeout=10)


async def three(lab: Lab) -> list[Any]:
    """What three environments answer, the first of which was there before the others."""
    first, _ = await lab.invoke()
    others = await asyncio.gather(lab.invoke(), lab.invoke(), lab.invoke())
    return [first, *(answer for answer, _ in others)]


def test_later_environments_find_packages_imported_and_run_the_code_themselves(forked: Forked) -> None:
    async def scenario(lab: Lab) -> Any:
        await create(lab, "[os.getpid(), library.IMPORTED_BY, STARTED_BY]", "import library\nSTARTED_BY = os.getpid()")
        return await three(lab)

    answers = forked(scenario)

    later = [answer for answer in answers if answer[0] != answers[0][0]]
    assert later
    assert all(imported != pid == started for pid, imported, started in later)
    assert len({imported for _, imported, _ in later}) == 1


def test_each_environment_has_its_own_variables_directories_and_chance(forked: Forked) -> None:
    own = "[os.environ['AWS_LAMBDA_RUNTIME_API'], os.environ['HOME'], tempfile.gettempdir(), random.random()]"

    async def scenario(lab: Lab) -> Any:
        await create(lab, f"[os.getpid(), *{own}]", "import random, tempfile")
        return await three(lab)

    answers = {answer[0]: answer[1:] for answer in forked(scenario)}

    assert len(answers) > 1
    for values in zip(*answers.values(), strict=True):
        assert len(set(values)) == len(answers)
    assert all(home == temporary for _, home, temporary, _ in answers.values())


def test_the_code_is_the_main_module_and_sees_its_own_command_line(forked: Forked) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(
            "import sys\ndef handler(e, c):\n    main = sys.modules['__main__']\n"
            "    return [sys.argv[0], main.__name__, hasattr(main, 'Zygote')]",
        )
        return (await lab.invoke())[0]

    argument, name, leaks = forked(scenario)

    assert argument.endswith("/opt/boot.py")
    assert name == "__main__"
    assert not leaks


def test_what_the_runtime_itself_imports_is_imported_by_each_environment(forked: Forked) -> None:
    late = RUNTIME.replace("while True:", "import library\nwhile True:")

    async def scenario(lab: Lab) -> Any:
        await create(lab, "[os.getpid(), sys.modules['library'].IMPORTED_BY]", "import sys", runtime=late)
        return await three(lab)

    answers = forked(scenario)

    assert len({pid for pid, _ in answers}) > 1
    assert all(pid == imported for pid, imported in answers)


@pytest.mark.parametrize(
    ("library", "reason"),
    [
        ("import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()", "threads"),
        ("import socket\nkept = socket.socketpair()", "socket"),
    ],
    ids=["thread", "socket"],
)
def test_a_package_that_cannot_be_shared_makes_environments_processes(
    forked: Forked, caplog: pytest.LogCaptureFixture, library: str, reason: str
) -> None:
    async def scenario(lab: Lab) -> Any:
        await create(lab, "[os.getpid(), library.IMPORTED_BY]", library=f"{LIBRARY}{library}\n")
        return await three(lab)

    with caplog.at_level(logging.WARNING):
        answers = forked(scenario)

    assert all(pid == imported for pid, imported in answers)
    assert reason in caplog.text


def test_the_zygote_ends_with_the_service(forked: Forked) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("import os\ndef handler(e, c): return os.getppid()")
        return (await lab.invoke())[0]

    assert not Path(f"/proc/{forked(scenario)}").exists()


@pytest.mark.parametrize(
    ("command", "parts"),
    [
        (("/x/python3.11", "-S", "-c", "code"), (("-S",), ("-c", "code"))),
        (("/x/python3.11", "-X", "utf8", "-m", "m", "a"), (("-X", "utf8"), ("-m", "m", "a"))),
        (("/x/python3.12", "boot.py", "-c"), ((), ("boot.py", "-c"))),
        (("/x/python3.11", "-i", "boot.py"), None),
        (("/x/python3.11", "-c"), None),
        (("/x/python3.11",), None),
        (("/x/node", "-c", "code"), None),
    ],
    ids=["code", "module", "path", "interactive", "no-code", "bare", "not-python"],
)
def test_a_command_is_taken_apart_as_python_does(command: tuple[str, ...], parts: object) -> None:
    assert split_command(command) == parts
