"""Code on disk goes when no version needs it any more."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.lambda_lab import RUNTIME, Lab, Run, layer_of

from mlfn_localstack.services.lambda_ import cleaning
from mlfn_localstack.services.lambda_.execution import trees

ECHO = "def handler(event, context): return event"


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds are for people."""
    monkeypatch.setattr(cleaning, "DELAY_S", 0.02)
    monkeypatch.setattr(trees, "FRESH_S", 0.05)


def names(directory: Path) -> set[str]:
    """What is in a directory."""
    return {path.name for path in directory.iterdir()} if directory.is_dir() else set()


async def settles(directory: Path, count: int) -> int:
    """How many entries a directory has, once that is `count` or after a while."""
    deadline = time.monotonic() + 3
    while len(names(directory)) != count and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    return len(names(directory))


def with_requirements(lab: Lab, code: str) -> str:
    """An image of this code over a layer that all of them have."""
    requirements = layer_of({"opt/python/big.py": "x = 1", "opt/boot.py": RUNTIME})
    config = {
        "Entrypoint": ["python3", "/opt/boot.py"],
        "Env": ["PYTHONPATH=/var/task:/opt/python"],
        "WorkingDir": "/var/task",
        "Labels": {"org.opencontainers.image.base.name": "host"},
    }
    return lab.push_layers([requirements, layer_of({"var/task/app.py": code})], **config)


def test_a_deleted_functions_code_goes_and_a_shared_layer_stays(run: Run, tmp_path: Path) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("", "one", Code={"ImageUri": with_requirements(lab, ECHO)})
        await lab.create("", "two", Code={"ImageUri": with_requirements(lab, f"import big\n{ECHO}")})
        before = len(names(tmp_path / "layers"))
        await lab.do("DeleteFunction", "one")
        after = await settles(tmp_path / "layers", 4)
        return before, after, (await lab.invoke(3, "two"))[0]

    assert run(scenario) == (6, 4, 3), "two entries each: requirements, code of one, code of two"


def test_code_that_an_older_version_has_stays(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(ECHO, Publish=True)
        await lab.do("UpdateFunctionCode", ImageUri=lab.push("def handler(e, c): return 'new'"))
        await lab.create(ECHO + " # other", "other")
        await lab.do("DeleteFunction", "other")
        await asyncio.sleep(0.3)
        return (await lab.invoke("old", Qualifier="1"))[0]

    assert run(scenario) == "old"


def test_a_running_call_keeps_its_code(run: Run, tmp_path: Path) -> None:
    code = "import time\ndef handler(e, c):\n    time.sleep(0.6)\n    return open('/proc/self/cwd/app.py').read()[:6]"

    async def scenario(lab: Lab) -> Any:
        await lab.create(code)
        call = asyncio.create_task(lab.invoke())
        await asyncio.sleep(0.3)
        await lab.do("DeleteFunction")
        return (await call)[0], await settles(tmp_path / "images", 0)

    assert run(scenario) == ("import", 0)


def test_what_a_killed_emulator_left_goes_at_the_start(run: Run, tmp_path: Path) -> None:
    for left in ("images/.partial-x/deep", "images/zip-abc", "layers/.partial-y", "layers/def"):
        (tmp_path / left).mkdir(parents=True)

    async def scenario(_lab: Lab) -> Any:
        return await settles(tmp_path / "images", 0), await settles(tmp_path / "layers", 0)

    assert run(scenario) == (0, 0)


def test_a_redeployed_image_is_composed_again(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        for number in range(3):
            await lab.create(ECHO)
            assert (await lab.invoke(number))[0] == number
            await lab.do("DeleteFunction")
            await asyncio.sleep(0.15)

    run(scenario)
