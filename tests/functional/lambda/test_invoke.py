"""Invocations: what functions see, and how calls end."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from tests.fixtures.lambda_lab import Lab, Run

ECHO = "def handler(event, context):\n    return event"
CONTEXT = "def handler(event, context):\n    return dict(context)"


def gone(pid: str) -> bool:
    """Whether a process has ended."""
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_function_answers_what_it_is_asked(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(ECHO)
        return await lab.invoke({"a": [1, 2]})

    event, answer = run(scenario)

    assert event == {"a": [1, 2]}
    assert (answer["StatusCode"], answer["ExecutedVersion"], "FunctionError" in answer) == (200, "$LATEST", False)


def test_a_function_sees_the_runtime_headers(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(CONTEXT, Timeout=7)
        await lab.do("PublishVersion")
        await lab.do("CreateAlias", Name="live", FunctionVersion="1")
        context = base64.b64encode(b'{"custom": {"k": "\xc3\xa9"}}').decode()
        return await lab.invoke(Qualifier="live", ClientContext=context)

    headers, answer = run(scenario)

    assert answer["ExecutedVersion"] == "1"
    assert headers["Lambda-Runtime-Invoked-Function-Arn"].endswith(":function:f:live")
    assert headers["Content-Type"] == "application/json"
    assert 5 < int(headers["Lambda-Runtime-Deadline-Ms"]) / 1000 - time.time() <= 7
    assert headers["Lambda-Runtime-Trace-Id"].startswith("Root=1-")
    assert json.loads(headers["Lambda-Runtime-Client-Context"]) == {"custom": {"k": "é"}}


def test_a_function_sees_lambdas_variables_and_none_of_the_emulators(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMULATOR_SECRET", "x")

    async def scenario(lab: Lab) -> Any:
        await lab.create(
            "import os, sys\ndef handler(e, c):\n    return dict(os.environ), sys.path, os.getcwd()",
            Environment={"Variables": {"MODE": "m"}},
        )
        return await lab.invoke()

    (variables, path, cwd), _ = run(scenario)

    assert "EMULATOR_SECRET" not in variables
    assert not any("site-packages" in entry for entry in path)
    assert variables["AWS_ACCESS_KEY_ID"] == "ASIAROLE"
    assert (variables["MODE"], variables["FROM_IMAGE"], variables["AWS_LAMBDA_FUNCTION_NAME"]) == ("m", "yes", "f")
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert cwd.endswith("/var/task") and cwd == variables["LAMBDA_TASK_ROOT"]


def test_code_is_read_only_and_each_environment_has_its_own_home(run: Run) -> None:
    code = """
    import os, pathlib
    def handler(event, context):
        pathlib.Path(os.environ["HOME"], "mine").write_text("x")
        try:
            pathlib.Path("app.py").write_text("x")
        except OSError as error:
            return type(error).__name__
    """

    async def scenario(lab: Lab) -> Any:
        await lab.create(code)
        return await lab.invoke()

    assert run(scenario)[0] == "PermissionError"


def test_a_warm_environment_is_reused(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("import os\ndef handler(e, c):\n    return os.getpid()")
        return [(await lab.invoke())[0] for _ in range(3)]

    assert len(set(run(scenario))) == 1


def test_concurrent_calls_get_environments_of_their_own(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("import os, time\ndef handler(e, c):\n    time.sleep(.3)\n    return os.getpid()")
        return [pid for pid, _ in await asyncio.gather(*(lab.invoke() for _ in range(2)))]

    assert len(set(run(scenario))) == 2


@pytest.mark.parametrize(
    ("code", "error_type", "message"),
    [
        ("raise KeyError('x')", "KeyError", "'x'"),
        ("import os; os._exit(3)", "Runtime.ExitError", "Runtime exited with error: exit status 3"),
        ("import sys; sys.exit(0)", "Runtime.ExitError", "Runtime exited without providing a reason"),
        ("import os; os.kill(os.getpid(), 11)", "Runtime.ExitError", "signal: segmentation fault"),
        ("import time; time.sleep(9)", "Sandbox.Timedout", "Task timed out after 1.00 seconds"),
        ("x = b'x' * 400_000_000; import time; time.sleep(50)", "Runtime.OutOfMemory", "signal: killed"),
    ],
    ids=["exception", "exit", "sys-exit", "segfault", "timeout", "memory"],
)
def test_a_failed_call_says_how_and_the_next_one_works(run: Run, code: str, error_type: str, message: str) -> None:
    async def scenario(lab: Lab) -> Any:
        timeout_s = 1 if error_type == "Sandbox.Timedout" else 60
        await lab.create(f"def handler(e, c):\n    if e: return e\n    {code}", Timeout=timeout_s)
        failed = await lab.invoke(0)
        return failed, await lab.invoke("fine")

    (error, answer), (fine, _) = run(scenario)

    assert answer["FunctionError"] == "Unhandled"
    assert (error["errorType"], message in error["errorMessage"]) == (error_type, True)
    assert fine == "fine"


@pytest.mark.parametrize(
    ("code", "error_type"),
    [("raise ImportError('no model')", "ImportError"), ("import os; os._exit(7)", "Runtime.ExitError")],
    ids=["import", "exit"],
)
def test_a_failed_start_is_a_function_error(run: Run, code: str, error_type: str) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(code)
        return await lab.invoke()

    error, answer = run(scenario)

    assert (answer["FunctionError"], error["errorType"]) == ("Unhandled", error_type)


def test_a_failed_start_is_reported_like_any_call(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("raise ImportError('no model')", LoggingConfig={"LogFormat": "JSON"})
        await lab.invoke()
        return await lab.log_has("platform.report")

    lines = [json.loads(line) for line in run(scenario).splitlines() if line.startswith('{"time"')]

    told = [(line["type"], line["record"].get("status"), line["record"].get("errorType")) for line in lines]
    assert told == [
        ("platform.start", None, None),
        ("platform.runtimeDone", "error", "Runtime.ImportModuleError"),
        ("platform.report", "error", "Runtime.ImportModuleError"),
    ]
    assert len({line["record"]["requestId"] for line in lines}) == 1


def test_a_missing_entrypoint_is_a_function_error(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("", Code={"ImageUri": lab.push("", Entrypoint=["/no/such/program"])})
        return await lab.invoke()

    assert run(scenario)[0]["errorType"] == "Runtime.InvalidEntrypoint"


def test_a_timeout_does_not_disturb_other_calls(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("import time\ndef handler(e, c):\n    time.sleep(e)\n    return e", Timeout=1)
        return [event for event, _ in await asyncio.gather(lab.invoke(9), lab.invoke(0.5))]

    late, fine = run(scenario)

    assert (late["errorType"], fine) == ("Sandbox.Timedout", 0.5)


def test_children_of_a_killed_function_die_even_outside_its_session(run: Run, tmp_path: Any) -> None:
    code = f"""
    import subprocess, time
    def handler(event, context):
        child = subprocess.Popen(["sleep", "60"], start_new_session=True)
        open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
        time.sleep(9)
    """

    async def scenario(lab: Lab) -> Any:
        await lab.create(code, Timeout=1)
        await lab.invoke()
        await asyncio.sleep(0.2)

    run(scenario)

    assert gone((tmp_path / "pid").read_text())


def test_a_frozen_environment_does_not_run_between_calls(run: Run) -> None:
    code = """
    import threading, time
    ticks = []
    def tick():
        while True:
            ticks.append(1)
            time.sleep(.01)
    threading.Thread(target=tick, daemon=True).start()
    def handler(event, context):
        return len(ticks)
    """

    async def scenario(lab: Lab) -> Any:
        await lab.create(code)
        first, _ = await lab.invoke()
        await asyncio.sleep(0.5)
        return first, (await lab.invoke())[0]

    first, second = run(scenario)

    assert second - first < 20


def test_a_response_over_the_limit_is_an_error(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("def handler(e, c):\n    return 'x' * 6_291_600")
        return await lab.invoke()

    error, answer = run(scenario)

    assert answer["FunctionError"] == "Unhandled"
    assert error["errorType"] == "Function.ResponseSizeTooLarge"


@pytest.mark.parametrize(
    ("payload", "kind", "code"),
    [
        (b'"' + b"x" * 6_291_456 + b'"', "RequestResponse", "RequestEntityTooLargeException"),
        (b'"' + b"x" * 1_048_576 + b'"', "Event", "RequestEntityTooLargeException"),
        (b"not json", "RequestResponse", "InvalidRequestContentException"),
        (b"[NaN]", "RequestResponse", "InvalidRequestContentException"),
    ],
    ids=["sync-size", "event-size", "text", "nan"],
)
def test_a_bad_payload_is_refused(run: Run, payload: bytes, kind: str, code: str) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(ECHO)
        await lab.do("Invoke", Payload=payload, InvocationType=kind)

    with pytest.raises(ServiceError) as caught:
        run(scenario)
    assert caught.value.code == code


def test_a_dry_run_runs_nothing(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(ECHO)
        answer = await lab.do("Invoke", InvocationType="DryRun")
        return answer, await lab.whole_log()

    assert run(scenario) == ({"StatusCode": 204}, "")


def test_an_alias_splits_calls_by_weight(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(ECHO)
        await lab.do("PublishVersion")
        await lab.do("UpdateFunctionCode", ImageUri=lab.push("def handler(e, c):\n    return 'new'"))
        await lab.do("PublishVersion")
        weights = {"AdditionalVersionWeights": {"2": 0.3}}
        await lab.do("CreateAlias", Name="live", FunctionVersion="1", RoutingConfig=weights)
        return [(await lab.invoke("old", Qualifier="live"))[0] for _ in range(200)]

    answers = run(scenario)

    assert 30 <= answers.count("new") <= 90
    assert answers.count("new") + answers.count("old") == 200


def test_idle_environments_are_ended_and_their_directories_removed(run: Run, tmp_path: Any) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(ECHO)
        await lab.invoke()
        before = len(list((tmp_path / "environments").iterdir()))
        await asyncio.sleep(0.6)
        return before, len(list((tmp_path / "environments").iterdir())), (await lab.invoke(1))[0]

    assert run(scenario, lambda_idle_s="0.1") == (1, 0, 1)


def test_moving_a_provisioned_alias_warms_its_new_version(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("import os\ndef handler(e, c):\n    return os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']")
        await lab.do("PublishVersion")
        await lab.do("CreateAlias", Name="live", FunctionVersion="1")
        await lab.do("PutProvisionedConcurrencyConfig", Qualifier="live", ProvisionedConcurrentExecutions=1)
        await lab.do("UpdateFunctionConfiguration", MemorySize=300)
        await lab.do("PublishVersion")
        await lab.do("UpdateAlias", Name="live", FunctionVersion="2")
        while (await lab.do("GetProvisionedConcurrencyConfig", Qualifier="live"))["Status"] != "READY":
            await asyncio.sleep(0.02)
        return (await lab.invoke(Qualifier="2"))[0]

    assert run(scenario) == "provisioned-concurrency"


def test_new_code_gets_new_environments(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(ECHO)
        await lab.invoke("old")
        await lab.do("UpdateFunctionCode", ImageUri=lab.push("def handler(e, c):\n    return 'new'"))
        return (await lab.invoke("old"))[0]

    assert run(scenario) == "new"


def test_functions_survive_a_restart_even_when_their_image_is_gone(run: Run) -> None:
    async def before(lab: Lab) -> Any:
        await lab.create(ECHO)
        await lab.do("PublishVersion")
        await lab.do("CreateAlias", Name="live", FunctionVersion="1")

    async def after(lab: Lab) -> Any:
        return await lab.invoke("again", Qualifier="live")

    run(before)

    event, answer = run(after)
    assert (event, answer["ExecutedVersion"]) == ("again", "1")


def test_provisioned_environments_are_really_warm(run: Run) -> None:
    code = """
    import os, time
    time.sleep(.2)
    READY = time.time()
    def handler(event, context):
        return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"], READY
    """

    async def scenario(lab: Lab) -> Any:
        await lab.create(code)
        await lab.do("PublishVersion")
        put = await lab.do("PutProvisionedConcurrencyConfig", Qualifier="1", ProvisionedConcurrentExecutions=2)
        while (await lab.do("GetProvisionedConcurrencyConfig", Qualifier="1"))["Status"] != "READY":
            await asyncio.sleep(0.02)
        called, started = time.time(), time.perf_counter()
        (event, ready), _ = await lab.invoke(Qualifier="1")
        return put["Status"], event, ready < called, time.perf_counter() - started

    status, event, was_ready, elapsed_s = run(scenario)

    assert (status, event) == ("IN_PROGRESS", "provisioned-concurrency")
    assert was_ready
    assert elapsed_s < 0.15
