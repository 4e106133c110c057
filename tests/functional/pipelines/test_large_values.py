"""Values above the limits of Step Functions travel through deployed pipelines as if there were none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.fixtures.project import Project, settled

from mlfn import Client

pytestmark = pytest.mark.xdist_group("library")


def wanted(project: Project, tmp_path: Path, **about: Any) -> str:
    """A file with the input of a call."""
    path = tmp_path / "wanted.json"
    path.write_text(json.dumps({"title": "moby", "pages": 3, "page_size": 10, **about}))
    return f"@{path}"


def s3(project: Project) -> Any:
    keys = json.loads((project.root / ".mlfn" / "emulator" / "credentials.json").read_text())
    return boto3.client(
        "s3",
        endpoint_url=keys["endpoint"],
        region_name=keys["region"],
        aws_access_key_id=keys["access_key"],
        aws_secret_access_key=keys["secret_key"],
    )


def every_object(value: Any) -> list[dict[str, Any]]:
    """Every object in a JSON value."""
    if isinstance(value, list):
        return [found for each in value for found in every_object(each)]
    if isinstance(value, dict):
        return [value, *[found for each in value.values() for found in every_object(each)]]
    return []


def front(library: Project, pipeline: str, execution: str) -> dict[str, Any]:
    """The record of a run's front door, once it is there and names what it kept."""

    def found() -> list[dict[str, Any]]:
        shown = every_object(library.ok("audit", "show", execution, "--json").json)
        return [each for each in shown if each.get("model") == f"library.{pipeline}" and each.get("data")]

    return dict(settled(found, len)[0])


def test_large_inputs_items_and_answers_go_from_step_to_step(library: Project, tmp_path: Path) -> None:
    asked = wanted(library, tmp_path, text="t" * 1_000_000, pages=30, page_size=100_000)

    assert library.ok("invoke", "publish", asked, "--json").json == "moby 1000000 30 3000030"


def test_many_small_answers_that_are_large_together_go_from_step_to_step(library: Project, tmp_path: Path) -> None:
    asked = wanted(library, tmp_path, pages=60, page_size=6_000)

    assert library.ok("invoke", "publish", asked, "--json").json == "moby 4 60 360060"


@pytest.mark.parametrize("pipeline", ["fetch", "publish_later"])
def test_a_large_result_reaches_the_caller_whole(library: Project, tmp_path: Path, pipeline: str) -> None:
    asked = wanted(library, tmp_path, pages=10, page_size=100_000)

    book = library.ok("run", pipeline, asked, "--json").json["output"]

    assert [len(page) for page in book["pages"]] == [100_000] * 10
    assert book["text"] == "none"


@pytest.mark.parametrize("pipeline", ["fetch", "publish_later"])
def test_a_result_beyond_what_the_api_answers_reaches_the_caller_whole(
    library: Project, tmp_path: Path, pipeline: str
) -> None:
    asked = wanted(library, tmp_path, pages=70, page_size=100_000)

    book = library.ok("run", pipeline, asked, "--json").json["output"]

    assert [len(page) for page in book["pages"]] == [100_000] * 70


@pytest.mark.usefixtures("as_root")
def test_the_client_follows_a_large_answer_to_where_it_is_kept() -> None:
    value = {"title": "moby", "pages": 70, "page_size": 100_000}
    with Client("library") as client:
        book = client.run("fetch", value)
        later = client.start("publish_later", value).result()

    assert [len(page) for page in book["pages"]] == [100_000] * 70
    assert later == book


def test_the_record_of_a_large_answer_names_where_it_is_kept_and_digests_all_of_it(
    library: Project, tmp_path: Path
) -> None:
    run = library.ok(
        "run", "fetch", wanted(library, tmp_path, title="kept", pages=70, page_size=100_000), "--json"
    ).json

    sizes = []
    for name in front(library, "fetch", run["execution"])["data"]:
        bucket, _, key = name.partition("/")
        sizes.append(s3(library).head_object(Bucket=bucket, Key=key)["ContentLength"])
    assert max(sizes) > 7_000_000


def test_a_large_result_reaches_those_who_start_the_machine_themselves(library: Project, tmp_path: Path) -> None:
    asked = wanted(library, tmp_path, pages=10, page_size=100_000)

    book = library.ok("invoke", "fetch", asked, "--direct", "--json").json

    assert [len(page) for page in book["pages"]] == [100_000] * 10


def test_records_name_what_travelled_and_never_hold_it(library: Project, tmp_path: Path) -> None:
    asked = wanted(library, tmp_path, title="records", text="t" * 300_000)
    run = library.ok("run", "publish", asked, "--json").json
    front(library, "publish", run["execution"])

    shown = library.ok("audit", "show", run["execution"], "--json").out

    names = {name for record in every_object(json.loads(shown)) for name in record.get("data", ())}
    bucket = next(iter(names)).partition("/")[0]
    assert all(name.startswith(f"{bucket}/values/library/") for name in names)
    assert "ttttt" not in shown
    kept = [s3(library).get_object(Bucket=bucket, Key=name.partition("/")[2]) for name in names]
    assert any(len(each["Body"].read()) > 300_000 for each in kept)


def test_what_was_changed_in_the_bucket_is_not_read(library: Project, tmp_path: Path) -> None:
    run = library.ok("run", "publish_later", wanted(library, tmp_path, title="t" * 200_000), "--json").json
    bucket, client = "mlfn-data-dev-000000000000-us-east-1", s3(library)
    for each in client.list_objects_v2(Bucket=bucket, Prefix="values/library/")["Contents"]:
        client.put_object(Bucket=bucket, Key=each["Key"], Body=b'"other"')

    asked = library.mlfn("invoke", "publish_later", "--execution", run["execution"])

    assert (asked.code, "MlfnValueUnavailable" in asked.err, "its digest differs" in asked.err) == (1, True, True)


def test_a_machine_that_looks_into_too_much_says_so(library: Project, tmp_path: Path) -> None:
    outcome = library.mlfn("invoke", "publish", wanted(library, tmp_path, pages=2_500, page_size=150))

    assert (outcome.code, "have to travel between states" in outcome.err) == (1, True)
