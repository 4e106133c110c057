"""AWS's own clients as fixtures, and what they work on."""

from __future__ import annotations

import io
import json
import os
import subprocess
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.fetch import AWS, JS
from tests.fixtures.target import PYTHON_RUNTIME, Kind, MakeRole, Target

SCRIPTS = Path(__file__).parent / "js"
ECHO = """
import json, os, sys, time
def handler(event, context):
    match event:
        case {"raise": message}:
            raise ValueError(message)
        case {"exit": code}:
            sys.exit(code)
        case {"die": code}:
            os._exit(code)
        case {"sleep": seconds}:
            time.sleep(seconds)
        case {"print": text}:
            print(text)
        case {"return": "a set"}:
            return {1}
        case {"return": "context"}:
            return {
                "function": [context.function_name, context.function_version, context.memory_limit_in_mb],
                "arn": context.invoked_function_arn,
                "left": context.get_remaining_time_in_millis(),
                "id": context.aws_request_id,
                "log": [context.log_group_name, context.log_stream_name],
                "environment": dict(os.environ),
            }
    return event
"""


def tool(path: Path, name: str) -> Path:
    """Where a fetched tool is; its absence skips the test, and fails it in CI."""
    if not path.exists():
        reason = f"{path.name} is not there: run python -m tests.conformance.fetch {name}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def archive(files: Mapping[str, str]) -> bytes:
    """A zip archive of executable text files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o755 << 16
            file.writestr(entry, text)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A program that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsCli:
    """The AWS CLI in a directory of its own."""

    server: subprocess.Popen[str]
    directory: Path

    def run(self, line: str, *values: str) -> Finished:
        """Run a command: its line, split at spaces, and values that hold spaces themselves."""
        out, err = self.directory / ".out", self.directory / ".err"
        command = {"argv": [*line.split(), *values], "cwd": str(self.directory), "out": str(out), "err": str(err)}
        assert self.server.stdin
        assert self.server.stdout
        self.server.stdin.write(json.dumps(command) + "\n")
        self.server.stdin.flush()
        code = int(self.server.stdout.readline())
        return Finished(code=code, out=out.read_text(), err=err.read_text())

    def text(self, line: str, *values: str) -> str:
        """What a command prints that succeeds."""
        finished = self.run(line, *values)
        assert finished.code == 0, f"aws {line} {values}\n{finished.err}"
        return finished.out

    def __call__(self, line: str, *values: str) -> Any:
        """The JSON that a command prints that succeeds."""
        out = self.text(line, *values)
        return json.loads(out) if out else None

    def refused(self, line: str, *values: str) -> str:
        """The message of a command that the service refuses."""
        finished = self.run(line, *values)
        assert finished.code in {254, 255}, finished  # of version 2, of version 1
        return finished.err.strip()

    def write(self, name: str, content: bytes | str) -> Path:
        """A file beside the commands."""
        path = self.directory / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


@pytest.fixture(scope="session")
def aws_server(target: Target) -> Iterator[subprocess.Popen[str]]:
    """The AWS CLI, warmed up."""
    python = tool(AWS, "awscli").with_name("python")
    own = {"PATH": os.environ["PATH"], "AWS_PAGER": "", "AWS_DEFAULT_OUTPUT": "json"}
    with subprocess.Popen(
        [python, Path(__file__).with_name("warm_aws.py")],
        env={**own, **target.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.communicate()


@pytest.fixture
def aws(aws_server: subprocess.Popen[str], tmp_path: Path) -> AwsCli:
    """The AWS CLI."""
    return AwsCli(server=aws_server, directory=tmp_path)


@pytest.fixture(scope="session")
def node(target: Target) -> Callable[..., Finished]:
    """Runs a script with the AWS SDK for JavaScript: `node("s3.test.cjs", ROLE=arn)`."""
    modules = tool(JS / "node_modules", "js")

    def run(script: str, **variables: str) -> Finished:
        own = {"PATH": os.environ["PATH"], "NODE_PATH": str(modules), "PREFIX": f"conf-{uuid.uuid4().hex[:12]}"}
        done = subprocess.run(
            ["node", "--test", "--test-reporter=tap", SCRIPTS / script],
            env={**own, **target.environment, **variables},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        return Finished(code=done.returncode, out=done.stdout, err=done.stderr)

    return run


@pytest.fixture(scope="session")
def lambda_role(make_role: MakeRole) -> str:
    """A role for functions that may only log."""
    return make_role("lambda.amazonaws.com", {"Action": "logs:*", "Resource": "*"})


@pytest.fixture(scope="session")
def make_function(target: Target, lambda_role: str) -> Iterator[Callable[..., str]]:
    """Makes zip functions: `make_function({"app.py": …}, Timeout=1)` gives a name; they go with the session."""
    client = target.client("lambda")
    names: list[str] = []

    def make(files: Mapping[str, str], **settings: Any) -> str:
        name = f"conf-{uuid.uuid4().hex[:12]}"
        defaults = {"Runtime": PYTHON_RUNTIME, "Handler": "app.handler", "Role": lambda_role, "Timeout": 5}
        client.create_function(FunctionName=name, Code={"ZipFile": archive(files)}, **(defaults | settings))
        names.append(name)
        client.get_waiter("function_active_v2").wait(FunctionName=name)
        return name

    yield make
    for name in names:
        client.delete_function(FunctionName=name)
    if target.kind is Kind.AWS:
        logs = target.client("logs")
        for name in names:
            logs.delete_log_group(logGroupName=f"/aws/lambda/{name}")


@pytest.fixture(scope="session")
def echo(make_function: Callable[..., str]) -> str:
    """The name of a function that does what its event says, and answers with the event otherwise."""
    return make_function({"app.py": ECHO}, MemorySize=256)
