"""An app that is deployed once for all tests here, and callers of every kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from tests.fixtures.project import Project, free_port

from mlfn.audit.record import AuditRecord
from mlfn_audit.query import CallRow, query
from mlfn_audit.question import CallsOfModel, Period

APP = {
    "pyproject.toml": """
[project]
name = "desk"
version = "1"

[tool.mlfn]
app = "desk"
modules = ["app", "models"]
""",
    "shapes.py": """
from dataclasses import dataclass

@dataclass
class Note:
    text: str
    stars: int = 3

@dataclass
class Mood:
    label: str
    score: float
""",
    "models.py": """
from mlfn import Jwt, model
from shapes import Mood, Note

@model(memory_mb=128, timeout_s=5)
def mood(note: Note) -> Mood:
    if note.text == "raise":
        raise KeyError(note.text)
    return Mood(label="good" if note.stars > 2 else "bad", score=note.stars / 5)

@model(memory_mb=128, timeout_s=5)
def add(a: int, b: int = 1) -> int:
    return a + b

@model(memory_mb=128, timeout_s=5, access=["arn:aws:iam::000000000000:user/clerk-*"])
def guarded(text: str) -> str:
    return text.upper()

@model(memory_mb=128, timeout_s=5, access=[Jwt("ISSUER", audience="desk", scopes=())])
def tokened(text: str) -> str:
    return text.upper()
""",
    "app.py": """
from mlfn import pipeline
from models import mood
from shapes import Mood, Note

@pipeline
def moods(notes: list[Note]) -> list[Mood]:
    return [mood(note) for note in notes]

@pipeline(mode="async", timeout_s=60)
def moods_later(notes: list[Note]) -> list[Mood]:
    return [mood(note) for note in notes]
""",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The deployed app, its emulator and its root key."""

    project: Project
    environ: dict[str, str]
    api_url: str

    @property
    def account(self) -> str:
        return "000000000000"

    def client(self, service: str, keys: dict[str, str] | None = None) -> Any:
        """A boto3 client, of the root or of a caller."""
        used = keys or self.environ
        session: Any = boto3.session.Session()
        return session.client(
            service,
            endpoint_url=self.environ["AWS_ENDPOINT_URL"],
            region_name=self.environ["AWS_REGION"],
            aws_access_key_id=used["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=used["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False),
        )

    def user(self, name: str, *statements: dict[str, Any]) -> dict[str, str]:
        """The environment of a new user who may do what the statements say."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        if statements:
            document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}
            iam.put_user_policy(UserName=name, PolicyName="may", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        own = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        return self.environ | own

    def post(self, path: str, body: str, keys: dict[str, str] | None = None, **headers: str) -> tuple[int, Any]:
        """Status and body of a POST to the API, signed by a caller if there are keys."""
        request = AWSRequest("POST", f"{self.api_url}{path}", {"Content-Type": "application/json", **headers}, body)
        if keys is not None:
            credentials = Credentials(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"])
            SigV4Auth(credentials, "execute-api", keys["AWS_REGION"]).add_auth(request)
        parts = urlsplit(f"{self.api_url}{path}")
        connection = HTTPConnection(parts.netloc, timeout=60)
        connection.request("POST", parts.path, body=body, headers=dict(request.headers.items()))
        answer = connection.getresponse()
        status, text = answer.status, answer.read()
        connection.close()
        return status, json.loads(text)

    def invoke(self, model: str, alias: str, event: Any, keys: dict[str, str] | None = None, **more: Any) -> Any:
        """The payload of a direct call, whatever it says."""
        name = f"desk-dev-{model}"
        answer = self.client("lambda", keys).invoke(
            FunctionName=name, Qualifier=alias, Payload=json.dumps(event).encode(), **more
        )
        return json.loads(answer["Payload"].read())

    def record(self, model: str, **wanted: Any) -> AuditRecord:
        """The newest record of a model or pipeline whose fields are as wanted, once it is there."""
        deadline = monotonic() + 60
        while monotonic() < deadline:
            for row in self.rows(model):
                if all(getattr(row.record, name) == value for name, value in wanted.items()):
                    return row.record
            sleep(0.02)
        raise AssertionError(f"There is no such record of {model}: {wanted}")

    def rows(self, model: str) -> Iterator[CallRow]:
        """The calls of a model or pipeline as the trail tells them, the newest first."""
        now = datetime.now(UTC)
        period = Period(since=now - timedelta(hours=1), until=now + timedelta(minutes=1))
        question = CallsOfModel(model=f"desk.{model}", period=period)
        return query(self.client("dynamodb"), "mlfn-audit-dev", question, newest_first=True)


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The app, deployed to an emulator of its own."""
    made = Project(root=tmp_path_factory.mktemp("identity") / "desk", port=free_port(), runs_here=True)
    issuer = f"http://127.0.0.1:{made.port}/_aws/tokens/000000000000"
    for name, text in APP.items():
        made.write(name, text.replace("ISSUER", issuer))
    made.start_emulator()
    made.ok("deploy")
    environ = {str(name): str(value) for name, value in made.ok("emulator", "env", "--json").json.items()}
    url = made.ok("status", "--json").json["outputs"]["ApiUrl"]
    yield Desk(project=made, environ=environ, api_url=url)
    made.mlfn("emulator", "stop")


@pytest.fixture
def as_root(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The app, with the root's credentials in the environment."""
    set_environ(monkeypatch, desk.environ)
    return desk


def set_environ(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> None:
    """Make an environment the process's own, as far as AWS is concerned."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
