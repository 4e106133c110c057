"""`mlfn audit seal | verify | prove | show | export` on a deployed app, and on a trail somebody has changed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.fixtures.project import SHOP, Project, free_port

from mlfn_localstack.process import read_credentials

pytestmark = pytest.mark.xdist_group("sealed")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The shop with four calls, sealed once."""
    made = Project(root=tmp_path_factory.mktemp("sealed") / "shop", port=free_port(), runs_here=True)
    for name, text in SHOP.items():
        made.write(name, text)
    made.start_emulator()
    made.ok("deploy")
    for text in ("good!", "so so"):
        made.ok("invoke", "mood", json.dumps(text))
    made.ok("invoke", "quote", '[{"item": "pen", "count": 2}]')
    for model, count in (("mood", 2), ("price", 1), ("quote", 1)):
        made.trail(model, count=count)
    made.ok("audit", "seal")
    yield made
    made.mlfn("emulator", "stop")


def aws(project: Project, service: str) -> Any:
    keys = read_credentials(project.root / ".mlfn" / "emulator")
    assert keys is not None
    return boto3.client(
        service,  # type: ignore[call-overload]  # the name is not a literal here
        endpoint_url=keys.endpoint,
        region_name=keys.region,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
    )


def an_item(project: Project) -> Any:
    (row,) = project.ok("audit", "mood", "--limit", "1", "--json").json
    items = aws(project, "dynamodb").scan(TableName="mlfn-audit-dev")["Items"]
    return next(item for item in items if item["sk"]["S"].split("#")[1:2] == [row["id"]])


def test_a_sealed_trail_is_clean(shop: Project) -> None:
    report = shop.ok("audit", "verify", "--json").json

    assert report["clean"]
    assert report["checked"] == report["sealed"] >= 4
    assert report["unsealed"] == 0
    assert report["checkpoints"] == 1


def test_sealing_again_seals_nothing_twice(shop: Project) -> None:
    before = shop.ok("audit", "verify", "--json").json["sealed"]

    assert shop.ok("audit", "seal", "--json").json["sealed"] == 0
    assert shop.ok("audit", "verify", "--json").json["sealed"] == before


def test_calls_are_still_shown_without_a_command(shop: Project) -> None:
    assert len(shop.ok("audit", "mood", "--json").json) == 2
    assert len(shop.ok("audit", "--json").json) == len(shop.ok("audit", "calls", "--json").json) > 2


@pytest.mark.parametrize(
    ("name", "form"), [("trail.jsonl", "record"), ("events.jsonl", "cloudevents"), ("trail.parquet", "record")]
)
def test_an_export_is_verified_offline_with_the_key_alone(shop: Project, tmp_path: Path, name: str, form: str) -> None:
    file = str(shop.root / name)
    done = shop.ok("audit", "export", "--output", file, "--form", form, "--json").json
    elsewhere = Project(root=tmp_path, port=0, runs_here=True)

    report = elsewhere.ok("audit", "verify", "--from", file, "--key", done["key"], "--json")

    assert report.json["clean"]
    assert report.json["sealed"] >= 4


@pytest.mark.parametrize(("name", "form"), [("events.jsonl", "cloudevents"), ("trail.parquet", "record")])
def test_an_altered_record_is_found_in_every_form(shop: Project, tmp_path: Path, name: str, form: str) -> None:
    table, item = aws(shop, "dynamodb"), an_item(shop)
    table.put_item(TableName="mlfn-audit-dev", Item=item | {"ib": {"N": "1"}})
    done = shop.ok("audit", "export", "--output", str(shop.root / name), "--form", form, "--json").json

    table.put_item(TableName="mlfn-audit-dev", Item=item)
    verify = ("audit", "verify", "--from", str(shop.root / name), "--key", done["key"], "--json")
    found = Project(root=tmp_path, port=0, runs_here=True).mlfn(*verify)

    assert found.code == 2
    assert found.json["altered"] == 1


def test_the_command_that_an_export_prints_can_be_pasted(shop: Project, tmp_path: Path) -> None:
    told = shop.ok("audit", "export", "--output", str(tmp_path / "my trail.jsonl")).out.splitlines()[-1]

    assert shop.ok(*shlex.split(told)[1:], "--json").json["clean"]


def test_without_a_key_nothing_is_believed(shop: Project, tmp_path: Path) -> None:
    shop.ok("audit", "export", "--output", str(shop.root / "trail.jsonl"))

    outcome = Project(root=tmp_path, port=0, runs_here=True).mlfn(
        "audit", "verify", "--from", str(shop.root / "trail.jsonl")
    )

    assert outcome.code == 2
    assert "--key" in outcome.err


@pytest.mark.parametrize("option", ["--key", "--known"])
def test_a_file_that_is_none_is_told_in_a_sentence(shop: Project, tmp_path: Path, option: str) -> None:
    (tmp_path / "noise").write_bytes(b"\xff\x00\x9e")

    outcome = shop.mlfn("audit", "verify", option, str(tmp_path / "noise"))

    assert (outcome.code != 0, outcome.err.startswith("Error: "), "Hint: " in outcome.err) == (True, True, True)


def test_a_text_that_is_no_key_is_told_to_be_none(shop: Project) -> None:
    outcome = shop.mlfn("audit", "verify", "--key", "nonsense")

    assert outcome.err.startswith("Error: --key: not the public key of an Ed25519 note key.")


def test_a_proof_is_verified_offline(shop: Project) -> None:
    (row,) = shop.ok("audit", "mood", "--limit", "1", "--json").json
    proof = shop.ok("audit", "prove", row["id"]).json
    shop.write("proof.json", json.dumps(proof))

    assert shop.ok("audit", "verify", "--proof", str(shop.root / "proof.json"), "--json").json["record"] == row["id"]

    shop.write("proof.json", json.dumps(proof | {"index": proof["index"] + 1}))
    assert shop.mlfn("audit", "verify", "--proof", str(shop.root / "proof.json")).code == 2


def test_a_record_says_which_checkpoint_seals_it(shop: Project) -> None:
    (row,) = shop.ok("audit", "mood", "--limit", "1", "--json").json

    shown = shop.ok("audit", "show", row["id"], "--json").json

    assert shown["intact"]
    assert shown["checkpoint"]["number"] == 1
    assert shown["model"] == "shop.mood"


def test_a_changed_record_is_found_in_the_table(shop: Project) -> None:
    table, item = aws(shop, "dynamodb"), an_item(shop)
    table.put_item(TableName="mlfn-audit-dev", Item=item | {"ib": {"N": "1"}})

    found = shop.mlfn("audit", "verify", "--json")

    table.put_item(TableName="mlfn-audit-dev", Item=item)
    assert found.code == 2
    assert found.json["altered"] >= 1
    assert shop.ok("audit", "verify", "--json").json["clean"]


def test_a_deleted_record_is_found_missing(shop: Project) -> None:
    table, item = aws(shop, "dynamodb"), an_item(shop)
    table.delete_item(TableName="mlfn-audit-dev", Key={"pk": item["pk"], "sk": item["sk"]})

    found = shop.mlfn("audit", "verify")

    table.put_item(TableName="mlfn-audit-dev", Item=item)
    assert found.code == 2
    assert "missing" in found.out


def test_an_item_whose_name_is_meant_for_the_terminal_is_named_as_it_is(shop: Project) -> None:
    table, item = aws(shop, "dynamodb"), an_item(shop)
    forged = {"pk": item["pk"], "sk": {"S": "2026[/red][conceal]\x1b[2J"}}
    table.put_item(TableName="mlfn-audit-dev", Item=forged)

    found = shop.mlfn("audit", "verify")

    table.delete_item(TableName="mlfn-audit-dev", Key=forged)
    assert found.code == 2
    assert f"altered: {item['pk']['S']} 2026[/red][conceal]?[2J:" in found.out


def test_an_index_key_that_hides_a_caller_is_found(shop: Project) -> None:
    table, item = aws(shop, "dynamodb"), an_item(shop)
    table.put_item(TableName="mlfn-audit-dev", Item={name: item[name] for name in item if name != "g3"})

    found = shop.mlfn("audit", "verify")

    table.put_item(TableName="mlfn-audit-dev", Item=item)
    assert found.code == 2
    assert "keys" in found.out


def test_checkpoints_cannot_be_deleted_from_the_bucket(shop: Project) -> None:
    store = aws(shop, "s3")
    (bucket,) = [each["Name"] for each in store.list_buckets()["Buckets"] if each["Name"].startswith("mlfn-seal-")]
    (version,) = store.list_object_versions(Bucket=bucket, Prefix="mlfn-audit-")["Versions"]

    with pytest.raises(store.exceptions.ClientError, match="AccessDenied"):
        store.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    marker = store.delete_object(Bucket=bucket, Key=version["Key"])["VersionId"]
    found = shop.mlfn("audit", "verify")
    store.delete_object(Bucket=bucket, Key=version["Key"], VersionId=marker)

    assert found.code == 2
    assert "deleted" in found.out
