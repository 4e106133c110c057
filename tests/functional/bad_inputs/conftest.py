"""One deployed app that everything bad is sent to: through its API, and by direct invoke."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from tests.fixtures.effort import bounded
from tests.fixtures.project import Project, free_port

from mlfn.audit.record import AuditRecord
from mlfn_localstack.process import status

APP = {
    "pyproject.toml": '[project]\nname = "gate"\nversion = "1"\n\n[tool.mlfn]\napp = "gate"\n',
    "app.py": """
from dataclasses import dataclass
from typing import Any

from mlfn import model


@dataclass
class Review:
    text: str
    stars: float = 1.0
    more: Any = None


@model(memory_mb=128, timeout_s=5)
def rate(review: Review) -> float:
    return review.stars
""",
}
MODEL = "gate.rate"
LONGEST_WAIT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def problem(self) -> str:
        """What problem+json, API Gateway or a function error calls it."""
        told = json.loads(self.body)
        return str(told.get("title") or told.get("errorType") or told.get("message"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The app, and ways to get to it that no client would take."""

    project: Project
    url: str
    keys: Mapping[str, str]
    clients: dict[str, Any]
    emulator: int
    """Its process."""

    @property
    def function(self) -> str:
        """The function behind the URL."""
        app, model = self.project.root.name, self.url.rpartition("/")[2]
        return f"{app}-dev-{model}"

    def client(self, service: str) -> Any:
        """A boto3 client, made once each."""
        if service not in self.clients:
            self.clients[service] = self._client(service)
        return self.clients[service]

    def _client(self, service: str) -> Any:
        import boto3  # noqa: PLC0415 - half a second that a run without these tests need not pay

        session: Any = boto3.session.Session()
        return session.client(
            service,
            endpoint_url=self.keys["AWS_ENDPOINT_URL"],
            region_name=self.keys["AWS_REGION"],
            aws_access_key_id=self.keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.keys["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
        )

    def signed(self, body: bytes, *, service: str = "execute-api", region: str | None = None, **headers: str) -> Any:
        """A request as a client would sign it; `headers` with `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = AWSRequest("POST", self.url, data=body, headers={"Content-Type": "application/json"} | named)
        credentials = Credentials(self.keys["AWS_ACCESS_KEY_ID"], self.keys["AWS_SECRET_ACCESS_KEY"])
        SigV4Auth(credentials, service, region or self.keys["AWS_REGION"]).add_auth(request)
        return request

    def send(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST a body as it is; an answer takes the time that AUDIT allows at most."""
        with bounded(self.emulator, self.function):
            return self._sent(body, headers)

    def _sent(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.netloc, timeout=LONGEST_WAIT_S)
        try:
            connection.request("POST", parts.path, body=body, headers=dict(headers))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(status=response.status, headers=found, body=response.read())
        finally:
            connection.close()

    def api(self, body: bytes, **headers: str) -> Answer:
        """POST a body with a good signature."""
        return self.send(body, dict(self.signed(body, **headers).headers.items()))

    def direct(self, payload: bytes, *, alias: str = "live", custom: Mapping[str, Any] | None = None) -> Answer:
        """Invoke an alias of the model's function."""
        more = {"ClientContext": base64.b64encode(json.dumps({"custom": custom}).encode()).decode()} if custom else {}
        return self.direct_to(f"gate-dev-rate:{alias}", payload, **more)

    def direct_to(self, function: str, payload: bytes, **more: str) -> Answer:
        """Invoke any function; `headers` hold the request id, a status of 400 and above is Lambda's own refusal."""
        with bounded(self.emulator, function.partition(":")[0]):
            return self._invoked(function, payload, **more)

    def _invoked(self, function: str, payload: bytes, **more: str) -> Answer:
        client = self.client("lambda")
        try:
            told = client.invoke(FunctionName=function, Payload=payload, **more)
        except client.exceptions.ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            told = {"title": error.response["Error"]["Code"]}
            return Answer(status=status, headers={}, body=json.dumps(told).encode())
        failed = {"x-amz-function-error": told["FunctionError"]} if "FunctionError" in told else {}
        request = {"x-amzn-requestid": told["ResponseMetadata"]["RequestId"]}
        return Answer(status=told["StatusCode"], headers=failed | request, body=told["Payload"].read())

    def records(self) -> list[AuditRecord]:
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName="mlfn-audit-dev")
        return [AuditRecord.from_item(item) for page in pages for item in page["Items"] if "h" in item]

    def record(self, answer: Answer) -> AuditRecord:
        """The end record of the call an answer came from; a standard model puts it after the answer."""
        name, invocation = answer.headers.get("mlfn-record"), answer.headers.get("x-amzn-requestid")
        deadline = time.monotonic() + LONGEST_WAIT_S
        while time.monotonic() < deadline:
            for record in self.records():
                if record.id == name or (name is None and record.invocation == invocation):
                    return record
            time.sleep(0.05)
        raise AssertionError(f"no record {name or invocation}")


def emulator_of(project: Project) -> int:
    """The process of a project's emulator."""
    running = status(project.root / ".mlfn" / "emulator")
    assert running is not None
    return running.pid


@pytest.fixture(scope="session")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """The app, deployed once for all of it."""
    project = Project(root=tmp_path_factory.mktemp("bad_inputs") / "gate", port=free_port(), runs_here=True)
    for name, text in APP.items():
        project.write(name, text)
    project.start_emulator()
    project.ok("deploy")
    keys = project.ok("emulator", "env", "--json").json
    url = dict(project.ok("status", "--json").json["outputs"])["ApiUrl"]
    yield Gate(project=project, url=f"{url}/models/rate", keys=keys, clients={}, emulator=emulator_of(project))
    project.mlfn("emulator", "stop")


@pytest.fixture
def marker() -> str:
    """Text that occurs in one test only."""
    return uuid.uuid4().hex
