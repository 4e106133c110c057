"""Inputs and answers beyond the 6 MB of a call: they lie in the stage's bucket, and callers notice nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.fixtures.project import Project, settled
from tests.functional.pipelines.conftest import environment

from mlfn import Client
from mlfn.errors import CallFailedError

pytestmark = pytest.mark.xdist_group("library")
SIZE = 7_000_000
"""More than a call of Lambda takes."""
BUCKET = "mlfn-data-dev-000000000000-us-east-1"
UPLOAD, REFERENCE = "application/vnd.mlfn.upload", "application/vnd.mlfn.reference"


def page(mark: str, size: int = SIZE) -> str:
    return mark * size


def in_file(tmp_path: Path, value: Any) -> Path:
    path = tmp_path / "input.json"
    path.write_text(json.dumps(value))
    return path


@pytest.mark.usefixtures("as_root")
def test_a_program_sends_and_gets_what_no_call_has_room_for() -> None:
    with Client("library") as client:
        assert client.call("shout", page("a")) == page("a") + "!"


@pytest.mark.parametrize("how", [(), ("--direct",)], ids=["through the API", "directly"])
def test_the_command_line_sends_and_gets_what_no_call_has_room_for(
    library: Project, tmp_path: Path, how: tuple[str, ...]
) -> None:
    asked = in_file(tmp_path, page("b"))

    assert library.ok("invoke", "shout", f"@{asked}", "--json", *how).json == page("b") + "!"


@pytest.mark.usefixtures("as_root")
def test_pipelines_are_started_with_what_no_call_has_room_for(library: Project, tmp_path: Path) -> None:
    wanted = {"title": "large", "pages": 1, "page_size": 5, "text": page("t")}

    with Client("library") as client:
        assert client.run("publish", wanted) == f"large {SIZE} 1 6"
        assert client.start("publish_later", wanted).result()["text"] == page("t")
    assert library.ok("invoke", "publish", f"@{in_file(tmp_path, wanted)}", "--json").json == f"large {SIZE} 1 6"


def test_the_record_is_of_the_real_input_and_names_where_it_was(as_root: Project, tmp_path: Path) -> None:
    asked = in_file(tmp_path, page("r"))
    as_root.ok("invoke", "shout", f"@{asked}", "--direct", "--json")

    [record] = as_root.trail("shout", "--input", str(asked), count=1)

    input_size, output_size = SIZE + 2, SIZE + 3
    assert (record["input_bytes"], record["output_bytes"]) == (input_size, output_size)
    sizes = []
    for name in record["data"]:
        bucket, _, key = name.partition("/")
        assert key.startswith("calls/library.shout/")
        sizes.append(boto3.client("s3").head_object(Bucket=bucket, Key=key)["ContentLength"])
    assert sizes == [input_size, output_size]


def test_the_question_where_to_put_an_input_has_its_own_record(as_root: Project) -> None:
    def counted() -> int:
        return sum(each["calls"] for each in as_root.ok("audit", "stats", "shout", "--json").json["versions"])

    before = counted()
    announced(as_root, b'"asked"')

    told = "asked where to put its input"
    settled(lambda: [each.get("summary") for each in as_root.trail("shout", count=1)], lambda said: told in said)

    assert counted() == before


class Person:
    """Somebody with keys who speaks HTTP alone."""

    def __init__(self, project: Project, name: str) -> None:
        iam = boto3.client("iam")
        iam.create_user(UserName=name)
        allowed = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        self._keys = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        self._url = api_url(project)

    def post(self, path: str, body: bytes, content_type: str) -> tuple[int, dict[str, str], bytes]:
        request = AWSRequest("POST", self._url + path, data=body, headers={"Content-Type": content_type})
        SigV4Auth(self._keys, "execute-api", "us-east-1").add_auth(request)
        return exchanged("POST", self._url + path, body, dict(request.headers.items()))


def api_url(project: Project) -> str:
    (api,) = [each for each in boto3.client("apigatewayv2").get_apis()["Items"] if each["Name"] == "library-dev"]
    return f"{environment(project)['AWS_ENDPOINT_URL']}/_aws/execute-api/{api['ApiId']}"


def exchanged(method: str, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=60)
    connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, headers)
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


def about(content: bytes) -> bytes:
    return json.dumps({"size": len(content), "digest": hashlib.sha256(content).hexdigest()}).encode()


def announced(project: Project, content: bytes, person: Person | None = None) -> dict[str, Any]:
    """What a model says to an announcement."""
    sender = person or Person(project, f"p{hashlib.sha256(content).hexdigest()[:10]}")
    status, headers, body = sender.post("/models/shout", about(content), UPLOAD)
    assert (status, headers["content-type"]) == (200, UPLOAD)
    return dict(json.loads(body))


def test_a_caller_with_http_alone_uploads_calls_and_is_led_to_the_answer(as_root: Project) -> None:
    content, jane = json.dumps(page("h")).encode(), Person(as_root, "jane")
    told = announced(as_root, content, jane)

    put = exchanged("PUT", told["upload"]["url"], content, told["upload"]["headers"])
    status, headers, _ = jane.post("/models/shout", json.dumps(told["input"]).encode(), REFERENCE)
    _, _, answer = exchanged("GET", headers["location"], b"", {})

    assert (put[0], status) == (200, 303)
    assert hashlib.sha256(answer).hexdigest() == headers["mlfn-sha256"]
    assert json.loads(answer) == page("h") + "!"


def test_an_input_is_its_uploaders_its_models_and_what_was_announced(as_root: Project) -> None:
    content, joe = b'"mine"', Person(as_root, "joe")
    told = announced(as_root, content, joe)
    url, headers, reference = told["upload"]["url"], told["upload"]["headers"], json.dumps(told["input"]).encode()
    early = joe.post("/models/shout", reference, REFERENCE)[0]
    other = exchanged("PUT", url, b'"other"', {**headers, "content-length": "7"})[0]
    stolen = exchanged("PUT", url, content, {**headers, "x-amz-meta-mlfn-owner": "0" * 64})[0]
    exchanged("PUT", url, content, headers)
    forged = {**told["input"], "digest": "0" * 64}

    assert (early, other, stolen) == (400, 403, 403)
    assert Person(as_root, "eve").post("/models/shout", reference, REFERENCE)[0] == 403
    assert joe.post("/models/write", reference, REFERENCE)[0] == 400
    assert joe.post("/pipelines/publish", reference, REFERENCE)[0] == 400
    assert joe.post("/models/shout", json.dumps(forged).encode(), REFERENCE)[0] == 400
    assert joe.post("/models/shout", reference, REFERENCE)[2] == b'"mine!"'


def test_an_input_that_was_changed_in_the_bucket_is_not_read(as_root: Project) -> None:
    content, ann = b'"before"', Person(as_root, "ann")
    told = announced(as_root, content, ann)
    exchanged("PUT", told["upload"]["url"], content, told["upload"]["headers"])
    s3, key = boto3.client("s3"), f"calls/library.shout/{told['input']['at']}"
    metadata = s3.head_object(Bucket=BUCKET, Key=key)["Metadata"]
    s3.put_object(Bucket=BUCKET, Key=key, Body=b'"after."', Metadata=metadata)

    status, _, body = ann.post("/models/shout", json.dumps(told["input"]).encode(), REFERENCE)

    assert (status, "its digest differs" in json.loads(body)["detail"]) == (502, True)


@pytest.mark.parametrize(
    ("body", "content_type", "status", "said"),
    [
        (b'{"size":0,"digest":"' + b"a" * 64 + b'"}', UPLOAD, 400, "SHA-256"),
        (b'{"size":1,"digest":"a"}', UPLOAD, 400, "SHA-256"),
        (b"[", UPLOAD, 400, "SHA-256"),
        (b'{"size":99000000,"digest":"' + b"a" * 64 + b'"}', UPLOAD, 413, "memory_mb="),
        (b'{"at":"../../keys/library","digest":"' + b"a" * 64 + b'"}', REFERENCE, 400, "no such input"),
        (b'{"at":1,"digest":"' + b"a" * 64 + b'"}', REFERENCE, 400, "SHA-256"),
        (b'{"a":1}', "application/vnd.mlfn.other", 415, "application/json"),
    ],
    ids=["empty", "no digest", "no JSON", "too large", "a path", "no name", "another type"],
)
def test_what_describes_no_input_is_refused_in_a_sentence(
    as_root: Project, body: bytes, content_type: str, status: int, said: str
) -> None:
    person = Person(as_root, f"p{hashlib.sha256(body + content_type.encode()).hexdigest()[:10]}")

    answer = person.post("/models/shout", body, content_type)

    assert (answer[0], said in json.loads(answer[2])["detail"]) == (status, True)


@pytest.mark.usefixtures("as_root")
def test_too_large_for_the_models_memory_is_told_before_anything_is_sent() -> None:
    with pytest.raises(CallFailedError, match="memory_mb="):
        Client("library").call("shout", page("m", 40_000_000))
    with pytest.raises(CallFailedError, match="memory_mb="):
        Client("library").run("publish", {"title": page("m", 140_000_000), "pages": 0, "page_size": 0})


def invoke(payload: Any, custom: dict[str, Any] | None = None) -> dict[str, Any]:
    """A direct call by boto3 alone."""
    context = base64.b64encode(json.dumps({"custom": custom or {}}).encode()).decode()
    answer = boto3.client("lambda").invoke(
        FunctionName="library-dev-write:live", Payload=json.dumps(payload), ClientContext=context
    )
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    return told


@pytest.mark.usefixtures("as_root")
def test_a_direct_caller_that_follows_no_answers_is_told_what_would() -> None:
    wanted = {"title": "a", "pages": 7, "page_size": 1_000_000}

    refused, led = invoke(wanted), invoke(wanted, {"answers": "kept"})

    assert refused["errorType"] == "Function.ResponseSizeTooLarge"
    assert "Call it through its API, with mlfn.Client or with mlfn invoke" in refused["errorMessage"]
    _, _, body = exchanged("GET", led["mlfn:kept"]["url"], b"", {})
    assert (len(body), hashlib.sha256(body).hexdigest()) == (led["mlfn:kept"]["size"], led["mlfn:kept"]["digest"])


@pytest.mark.usefixtures("as_root")
def test_a_state_machines_shape_is_still_refused_from_direct_callers() -> None:
    assert invoke({"mlfn": 1, "input": '"a"'})["errorType"] == "WrongIngress"
    assert invoke({"mlfn": "other", "input": '"a"'})["errorType"] == "WrongIngress"
