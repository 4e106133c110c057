"""An app deployed to an emulator of its own through the command line, and callers who keep a ledger."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session
from tests.faults.audit_delivery.ledger import Ledger
from tests.faults.audit_delivery.settled import settle
from tests.faults.audit_delivery.trail import Record, read_records
from tests.faults.audit_delivery.verdict import Verdict, judge
from tests.fixtures.project import Project, free_port

SETTLED_WITHIN_S = 60.0
PROJECT = """
[project]
name = "faults"
version = "1"

[tool.mlfn]
app = "faults"
"""
NOTE = """
import os

LEDGER = os.open(f"{folder}/ran-{{os.getpid()}}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

def note(number, *facts):
    os.write(LEDGER, (" ".join(map(str, (number, *facts))) + "\\n").encode())

def times(name):
    descriptor = os.open(f"{folder}/times-{{name}}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, b".")
    count = os.fstat(descriptor).st_size
    os.close(descriptor)
    return count
"""
"""How a model writes down that it runs, and learns how often something has been tried."""


@dataclass(frozen=True)
class DeployedApp:
    """The app `faults` in stage dev."""

    project: Project
    ledger: Ledger

    @cached_property
    def first(self) -> dict[str, Any]:
        """What the first deploy said."""
        return self.deploy()

    @cached_property
    def _keys(self) -> dict[str, str]:
        keys: dict[str, str] = self.project.ok("emulator", "env", "--json").json
        return keys

    def client(self, service: str) -> Any:
        """A boto3 client that tries once."""
        keys = self._keys
        session: Any = boto3.session.Session()
        return session.client(
            service,
            endpoint_url=keys["AWS_ENDPOINT_URL"],
            region_name=keys["AWS_REGION"],
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            config=Config(
                retries={"total_max_attempts": 1}, read_timeout=60, max_pool_connections=32, inject_host_prefix=False
            ),
        )

    def data_key(self) -> bytes:
        """The key that digests are under, unwrapped as docs/audit-payloads.md says."""
        account = self.client("sts").get_caller_identity()["Account"]
        bucket = f"mlfn-data-dev-{account}-{self._keys['AWS_REGION']}"
        wrapped = self.client("s3").get_object(Bucket=bucket, Key="keys/faults")["Body"].read()
        context = {"mlfn-app": "faults", "mlfn-stage": "dev"}
        opened = self.client("kms").decrypt(CiphertextBlob=wrapped, EncryptionContext=context)
        secret: bytes = opened["Plaintext"]
        return secret

    def deploy(self) -> dict[str, Any]:
        """Deploy what the project holds; what `mlfn deploy --json` says."""
        found: dict[str, Any] = self.project.ok("deploy", "--json").json
        return found

    def poster(self) -> Callable[[str, Any], tuple[int, dict[str, str], bytes]]:
        """Posts JSON to a path of the app's API, signed: status, headers (lower case) and body of the answer."""
        url = self.project.ok("status", "--json").json["outputs"]["ApiUrl"]
        keys = self._keys
        credentials = Credentials(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"])

        def post(path: str, value: Any) -> tuple[int, dict[str, str], bytes]:
            headers = {"content-type": "application/json"}
            request = AWSRequest("POST", f"{url}{path}", data=json.dumps(value).encode(), headers=headers)
            SigV4Auth(credentials, "execute-api", keys["AWS_REGION"]).add_auth(request)
            answer = URLLib3Session(timeout=60).send(request.prepare())
            return answer.status_code, {name.lower(): text for name, text in answer.headers.items()}, answer.content

        return post

    def settled(
        self, *models: str, by_trace: bool = False, later_ms: int | None = None
    ) -> tuple[Verdict, list[Record]]:
        """What the trail says once nothing is missing any more, or has been for a minute.

        `by_trace`: the ledger knows calls by the root of their trace. `later_ms`: as if the reaper looked later.
        """
        deadline = time.monotonic() + SETTLED_WITHIN_S
        key = self.data_key()
        while True:
            if later_ms is not None:
                self._reap_later(models, later_ms)
            records, wrong = read_records(self.client("dynamodb"))
            if by_trace:
                records = self._by_trace(records)
            verdict = judge(self.ledger, records, wrong, key)
            if not verdict.problems() or time.monotonic() > deadline:
                return verdict, records
            self.reap()

    def reap(self) -> None:
        """Have the stage's reaper look now, not within a minute."""
        answer = self.client("lambda").invoke(FunctionName="mlfn-reaper-dev", Payload=b"{}")
        assert "FunctionError" not in answer, answer["Payload"].read()
        time.sleep(0.2)

    def _reap_later(self, models: tuple[str, ...], later_ms: int) -> None:
        for model in models:
            function = f"faults-dev-{model}"
            settle(self.client, function, f"faults.{model}", self._image_version, later_ms=later_ms)

    def _by_trace(self, records: list[Record]) -> list[Record]:
        """Without those of calls that were killed before their model could write down its trace."""
        known = set(self.ledger.dispatched().values())
        named = [record | {"iv": record.get("tp", record["iv"])} for record in records]
        return [record for record in named if record["iv"] in known or record["ph"] not in ("started", "abandoned")]

    def _image_version(self, function: str, version: str) -> str:
        found = self.client("lambda").get_function_configuration(FunctionName=function, Qualifier=version)
        return str(found["Description"])

    def caller(self) -> Callable[[str, int, Any], None]:
        """Calls a model directly and writes down what came of it."""
        client = self.client("lambda")

        def call(model: str, number: int, event: Any) -> None:
            answer = client.invoke(FunctionName=f"faults-dev-{model}", Qualifier="live", Payload=json.dumps(event))
            self.ledger.dispatch(number, answer["ResponseMetadata"]["RequestId"])
            kind = "error" if "FunctionError" in answer else "response"
            self.ledger.answer(number, kind, answer["Payload"].read())

        return call


@contextmanager
def deployed(folder: Path, app: str) -> Iterator[DeployedApp]:
    """The app whose `app.py` this is, deployed; its models may `from ledger import note`."""
    made = DeployedApp(project=Project(root=folder / "project", port=free_port()), ledger=Ledger(folder / "ledger"))
    made.project.write("pyproject.toml", PROJECT)
    made.project.write("ledger.py", NOTE.format(folder=made.ledger.folder))
    made.project.write("app.py", app)
    made.project.start_emulator()
    try:
        assert made.first["images"]
        yield made
    finally:
        made.project.mlfn("emulator", "stop")
        made.ledger.close()


def in_parallel(work: Callable[[int], None], numbers: range, *, callers: int = 4) -> None:
    """Do some work for each number, a few at once."""
    with ThreadPoolExecutor(callers) as pool:
        for _ in pool.map(work, numbers):
            pass
