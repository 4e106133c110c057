"""What is particular to environments in containers, by podman, and by docker, whose command line is the same."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.lambda_lab import Lab, Run, layer_of

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_.execution.leftover_containers import remove_leftovers, state_id

Contained = Callable[..., Any]
PRINTED = "import sys\ndef handler(e, c):\n    print('to', 'stdout')\n    print('to stderr', file=sys.stderr)\n"
LEFT = """
import asyncio, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.fixtures.lambda_lab import Lab
async def main():
    lab = Lab(Path(sys.argv[1]), {"lambda_runner": sys.argv[3]})
    await lab.create("def handler(event, context): return event")
    await lab.invoke()
    os.kill(os.getpid(), 9)
asyncio.run(main())
"""


@pytest.fixture
def contained(run: Run, engine: str) -> Contained:
    """Run a scenario in containers of each engine."""
    return lambda scenario, **options: run(scenario, lambda_runner=engine, **options)


def containers(name: str, state_dir: Path) -> list[str]:
    """The containers of an emulator's state directory."""
    wanted = f"label=mlfn-localstack.state={state_id(state_dir)}"
    done = subprocess.run([name, "ps", "-aq", "--filter", wanted], check=True, capture_output=True, text=True)
    return done.stdout.split()


def test_what_a_function_prints_is_in_its_log_and_nothing_else(contained: Contained) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(PRINTED)
        await lab.invoke()
        await lab.log_has("to stdout")
        return await lab.log_has("to stderr")

    lines = contained(scenario).splitlines()

    assert sorted(line for line in lines if not line.startswith(("START", "END", "REPORT"))) == [
        "to stderr",
        "to stdout",
    ]


def test_a_function_that_ends_is_replaced_and_its_container_removed(
    contained: Contained, engine: str, tmp_path: Path
) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("import os\ndef handler(e, c):\n    if e: os._exit(e)\n    return os.listdir('/tmp')")
        return [(await lab.invoke(code))[0] for code in (3, 0)]

    failed, after = contained(scenario)

    assert "exit status 3" in failed["errorMessage"]
    assert after == []
    assert containers(engine, tmp_path) == []


def test_a_timeout_ends_the_container(contained: Contained, engine: str, tmp_path: Path) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("import time\ndef handler(e, c): time.sleep(60)", Timeout=1)
        return (await lab.invoke())[0]

    assert "Task timed out after 1.00 seconds" in contained(scenario)["errorMessage"]
    assert containers(engine, tmp_path) == []


def test_what_a_killed_emulator_leaves_the_next_one_removes(engine: str, tmp_path: Path) -> None:
    root = str(Path(__file__).parents[3])
    subprocess.run([sys.executable, "-c", LEFT, str(tmp_path), root, engine], check=False)
    left = containers(engine, tmp_path)

    Lab(tmp_path, {"lambda_runner": "process"})

    assert len(left) == 1
    assert containers(engine, tmp_path) == []


def test_leftovers_of_an_engine_that_is_gone_do_not_stop_an_emulator(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "container-engine.json").write_text('{"name": "podman", "program": "/nowhere/podman", "options": []}')

    remove_leftovers(tmp_path)

    assert "may be left" in caplog.text


def test_a_function_has_lambdas_identity_variables_and_limits_alone(podman: str, run: Run) -> None:
    code = """
    import os
    def status(name):
        return [line.split()[1] for line in open("/proc/self/status") if line.startswith(name)]
    def handler(event, context):
        size = os.statvfs("/tmp").f_blocks * os.statvfs("/tmp").f_frsize
        ids = [os.getuid(), os.getgid(), os.uname().nodename]
        return [sorted(os.environ), ids, status("Cap"), status("NoNewPrivs"), size, os.path.exists("/dev/shm")]
    """

    async def scenario(lab: Lab) -> Any:
        settings = {"Variables": {"CERTIFICATE": "a\nb", "LD_PRELOAD": "/nowhere/evil.so", "EMPTY": ""}}
        await lab.create(code, Environment=settings)
        return (await lab.invoke())[0]

    variables, identity, capabilities, privileges, size, shared_memory = run(scenario, lambda_runner=podman)

    assert {"CERTIFICATE", "EMPTY", "LD_PRELOAD", "FROM_IMAGE", "AWS_LAMBDA_RUNTIME_API"} <= set(variables)
    assert not set(variables) & {"container", "TERM", "CONTAINERS_STORAGE_CONF", *os.environ} - {
        *("AWS_ENDPOINT_URL", "HOME", "HOSTNAME", "LANG", "LC_CTYPE", "PATH", "PYTHONPATH", "TMPDIR", "TZ")
    }
    assert identity == [993, 990, "lambda"]
    assert set(capabilities) == {"0000000000000000"}
    assert (privileges, size, shared_memory) == (["1"], 512 * 1024 * 1024, False)


@pytest.mark.parametrize("path", ["/var/task/x", "/usr/bin/x", "/etc/x", "/run/x", "/dev/x", "/x"])
def test_only_tmp_can_be_written_to(podman: str, run: Run, path: str) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("def handler(e, c):\n    open('/tmp/x', 'w').close()\n    open(e, 'w')")
        return (await lab.invoke(path))[0]

    assert run(scenario, lambda_runner=podman)["errorType"] in {"OSError", "PermissionError"}


def test_the_machine_and_the_emulators_state_are_out_of_sight(podman: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text("secret")
    paths = [
        str(tmp_path / "credentials.json"),
        "/root/.bashrc",
        "/home",
        "/work",
        "/etc/shadow",
        f"/proc/{os.getpid()}/status",
    ]

    async def scenario(lab: Lab) -> Any:
        await lab.create("import os\ndef handler(e, c): return [os.path.exists(path) for path in e]")
        return (await lab.invoke(paths))[0]

    assert run(scenario, lambda_runner=podman) == [False] * len(paths)


def test_a_function_that_takes_more_than_its_container_may_is_out_of_memory(podman: str, run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("def handler(e, c): return len(b'x' * e)", MemorySize=128, Timeout=20)
        return [(await lab.invoke(size))[0] for size in (2**30, 1)]

    failed, after = run(scenario, lambda_runner=podman)

    assert failed["errorType"] == "Runtime.OutOfMemory"
    assert after == 1


def test_an_image_with_programs_of_its_own_is_refused_where_there_is_no_root_for_it(podman: str, run: Run) -> None:
    config = {"Entrypoint": ["/usr/bin/python3"], "Labels": {}, "WorkingDir": "/"}

    async def create(lab: Lab) -> Any:
        await lab.create("", Code={"ImageUri": lab.push_layers([layer_of({"usr/bin/python3": ""})], **config)})

    async def invoke(lab: Lab) -> Any:
        with pytest.raises(ServiceError) as refused:
            await lab.invoke()
        return refused.value.message

    run(create, lambda_runner=podman)

    assert "needs the podman, docker or bwrap runner" in run(invoke, lambda_runner="process")
