"""Files and images as typed fields: from the command line and from programs, through models and pipelines."""

from __future__ import annotations

import hashlib
import http.client
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from tests.fixtures.project import Project

from mlfn import Blob, Client, model, pipeline
from mlfn.errors import CallFailedError, DataError

pytestmark = pytest.mark.xdist_group("library")
SIZE = 7_000_000
"""More than a call of Lambda takes."""


@dataclass
class Page:
    title: str
    scan: Blob


@model
def describe(page: Page) -> str:
    raise NotImplementedError


@model
def invert(scan: Blob) -> Blob:
    raise NotImplementedError


@pipeline
def twice(scan: Blob) -> Blob:
    raise NotImplementedError


@pipeline(mode="async")
def later(scan: Blob) -> Blob:
    raise NotImplementedError


def page(tmp_path: Path, size: int = SIZE) -> Path:
    path = tmp_path / "page.png"
    path.write_bytes(b"\x89P" + bytes(size - 2))
    return path


@pytest.mark.parametrize(("size", "told"), [(SIZE, "large"), (9, "small")], ids=["by reference", "along with the call"])
def test_a_file_goes_from_the_command_line_through_a_pipeline(
    library: Project, tmp_path: Path, size: int, told: str
) -> None:
    answer = library.ok("invoke", "develop", f"@{page(tmp_path, size)}", "--json").json

    assert answer == f"{told}: image/png, {size}, 76af"


def test_what_a_model_gives_is_saved_to_a_file(library: Project, tmp_path: Path) -> None:
    out = tmp_path / "out.png"

    library.ok("invoke", "twice", f"@{page(tmp_path)}", "--output", str(out))

    assert out.read_bytes() == page(tmp_path).read_bytes()


def test_a_program_calls_with_blobs_and_gets_blobs(as_root: Project, tmp_path: Path) -> None:
    scan = Blob.from_path(page(tmp_path))

    with Client("library") as client:
        assert client.model(describe)(Page(title="a", scan=scan)) == f"a: image/png, {SIZE}, 8950"
        assert client.pipeline(twice)(scan).bytes == scan.bytes
        assert client.starting(later)(scan).result().bytes[:2] == b"\x76\xaf"
        assert client.call("describe", {"title": "b", "scan": scan}) == f"b: image/png, {SIZE}, 8950"


def kept(content: bytes, name: str) -> dict[str, Any]:
    """A blob whose content lies in the app's bucket."""
    boto3.client("s3").put_object(
        Bucket="mlfn-data-dev-000000000000-us-east-1", Key=f"values/library/{name}", Body=content
    )
    digest = hashlib.sha256(content).hexdigest()
    return {"content_type": "text/plain", "size": len(content), "digest": digest, "at": name, "content": None}


@pytest.mark.usefixtures("as_root")
def test_a_large_blob_is_opened_as_a_file_and_never_whole_in_memory() -> None:
    size = 60_000_000

    told, first, grown_kb = Client("library").call("weigh", kept(b"w" * size, "heavy"))

    assert (told, first) == (size, ord("w"))
    assert grown_kb < 30_000


@pytest.mark.usefixtures("as_root")
def test_a_large_blob_that_is_not_what_its_digest_says_is_not_opened() -> None:
    blob = kept(b"w" * 9_000_000, "changed") | {"digest": hashlib.sha256(b"other").hexdigest()}

    with pytest.raises(CallFailedError, match="not what its digest says"):
        Client("library").call("weigh", blob)


@pytest.mark.usefixtures("as_root")
def test_a_large_blob_that_is_not_there_is_not_opened() -> None:
    blob = kept(b"w" * 9_000_000, "there") | {"at": "elsewhere"}

    with pytest.raises(CallFailedError, match="values/library/elsewhere"):
        Client("library").call("weigh", blob)


def test_neither_records_nor_kept_payloads_hold_a_blobs_content(as_root: Project, tmp_path: Path) -> None:
    small = Blob.from_bytes(b"a small secret", "text/plain")

    Client("library").model(invert)(small)

    s3, bucket = boto3.client("s3"), "mlfn-data-dev-000000000000-us-east-1"
    kept = s3.list_objects_v2(Bucket=bucket, Prefix="payloads/library.invert/")["Contents"]
    texts = [s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read().decode() for each in kept]
    [payload] = [text for text in texts if small.digest in text]
    assert json.loads(payload)["input"].keys() == {"content_type", "size", "digest", "at"}
    assert str(small.content) not in payload


def test_the_record_of_a_call_names_the_content_it_read(as_root: Project, tmp_path: Path) -> None:
    Client("library").call("describe", {"title": "c", "scan": Blob.from_path(page(tmp_path))})

    shown = as_root.ok("audit", "describe", "--json").out

    assert "mlfn-data-dev-000000000000-us-east-1/values/library/" in shown


def upload_for(project: Project, content: bytes, **about: Any) -> tuple[int, dict[str, Any]]:
    """What the route for uploads answers."""
    told = {"content_type": "image/png", "size": len(content), "digest": hashlib.sha256(content).hexdigest(), **about}
    client = Client("library")
    answer = client._blobs_of("/models/invert", "invert")("POST", "/blobs", json.dumps(told).encode())
    return answer.status, json.loads(answer.body)


def put(url: str, headers: dict[str, str], content: bytes) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request("PUT", f"{parts.path}?{parts.query}", body=content, headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_an_upload_takes_the_announced_content_and_no_other(as_root: Project) -> None:
    content = b"x" * 10_000
    _, told = upload_for(as_root, content)
    url, headers = told["upload"]["url"], told["upload"]["headers"]
    other = hashlib.sha256(b"y" * 10_000).digest()

    assert put(url, headers, b"y" * 10_000) == 400
    assert put(url, {**headers, "x-amz-checksum-sha256": other.hex()}, b"y" * 10_000) == 403
    assert put(url, {**headers, "x-amz-meta-mlfn-sha256": other.hex()}, content) == 403
    assert put(url, headers, content) == 200
    assert Client("library").call("invert", {**told["blob"], "content": None})["size"] == 10_000


@pytest.mark.parametrize(
    "about",
    [{"size": 0}, {"size": 6 * 1024**3}, {"size": "1"}, {"digest": "a"}, {"digest": "A" * 64}, {"content_type": None}],
    ids=["empty", "too large", "size is text", "short digest", "upper case", "no content type"],
)
def test_what_describes_no_blob_gets_no_url(as_root: Project, about: dict[str, Any]) -> None:
    assert upload_for(as_root, b"x", **about)[0] == 400


@pytest.mark.parametrize("reference", ["{digest}.other", "{other}.{at}", "{at}", "..%2F..%2Fkeys%2Flibrary"])
def test_content_is_given_to_those_who_know_its_digest_only(as_root: Project, reference: str) -> None:
    content = b"z" * 10_000
    _, told = upload_for(as_root, content)
    put(told["upload"]["url"], told["upload"]["headers"], content)
    ask = Client("library")._blobs_of("/models/invert", "invert")
    names = {"digest": told["blob"]["digest"], "at": told["blob"]["at"], "other": "0" * 64}

    assert ask("GET", f"/blobs/{names['digest']}.{names['at']}", b"").status == 302
    assert ask("GET", f"/blobs/{reference.format(**names)}", b"").status == 404


def test_a_blob_whose_digest_is_not_its_contents_fails_the_call(as_root: Project) -> None:
    forged = {"content_type": "a/b", "size": 1, "digest": "0" * 64, "content": "eA==", "at": None}

    with pytest.raises(CallFailedError, match="not what its digest says"):
        Client("library").call("invert", forged)


def test_openapi_shows_blobs_and_their_routes(library: Project) -> None:
    document = library.ok("openapi").json

    assert document["components"]["schemas"]["Blob"]["properties"]["content"]["contentEncoding"] == "base64"
    assert {"/models/invert/blobs", "/models/invert/blobs/{blob}", "/pipelines/later/blobs"} <= document["paths"].keys()
    assert not any(path.startswith("/models/measure/") for path in document["paths"])


def test_a_file_for_what_takes_no_blob_is_read_as_json(library: Project, tmp_path: Path) -> None:
    outcome = library.mlfn("invoke", "measure", f"@{page(tmp_path, 9)}")

    assert (outcome.code, "is not JSON" in outcome.err) == (2, True)


def test_in_process_blobs_are_what_they_are_made_of(tmp_path: Path) -> None:
    scan = Blob.from_path(page(tmp_path, 9))

    assert (scan.bytes, scan.read(), scan.open().read()) == (page(tmp_path, 9).read_bytes(),) * 3
    assert (scan.content_type, scan.size) == ("image/png", 9)
    assert scan == Blob.from_bytes(scan.bytes, "image/png")


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({}, "has no content"),
        ({"at": "a"}, "in the app's bucket"),
        ({"content": "!"}, "not base64"),
        ({"content": "eXl5"}, "not what its digest says"),
    ],
    ids=["no content", "elsewhere", "not base64", "another"],
)
def test_a_blob_without_its_content_says_what_is_wrong(about: dict[str, str], message: str) -> None:
    blob = Blob(content_type="text/plain", size=1, digest=hashlib.sha256(b"x").hexdigest(), **about)

    with pytest.raises(DataError, match=message):
        blob.read()
