"""Weights above what an image may hold: in S3, on the function's disk before the model is loaded."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import boto3
import pytest

if TYPE_CHECKING:
    from tests.fixtures.project import Project

WEIGHTS = bytes(range(256)) * 40_000
DIGEST = hashlib.sha256(WEIGHTS).hexdigest()
APP = """
from hashlib import sha256
from mlfn import model
from mlfn.assets import asset

def weights() -> str:
    with open(asset("weights.bin"), "rb") as file:
        return sha256(file.read()).hexdigest()

@model(load=weights, assets=["s3://acme-models/{{stage}}/weights.bin#sha256={digest}"])
def known(text: str) -> str:
    return weights()
"""
pytestmark = pytest.mark.xdist_group("life-remote-assets")


def s3_of(project: Project) -> Any:
    """The emulator's S3."""
    keys = project.ok("emulator", "env", "--json").json
    return boto3.client(
        "s3",
        endpoint_url=keys["AWS_ENDPOINT_URL"],
        region_name=keys["AWS_REGION"],
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    )


UPLOADED = """
from mlfn import model
from mlfn.assets import asset

@model(assets=["{asset}"])
def size(text: str) -> int:
    with open(asset("weights.bin"), "rb") as file:
        return len(file.read())
"""


def test_a_file_is_uploaded_once_and_the_answer_can_be_declared(project: Project) -> None:
    project.start_emulator()
    weights = project.root / "weights.bin"
    weights.write_bytes(WEIGHTS * 4)  # two parts

    early = project.mlfn("upload", "weights.bin")
    project.write("app.py", "from mlfn import model\n\n@model\ndef size(text: str) -> int:\n    return 0\n")
    project.ok("deploy")
    first, second = (project.ok("upload", str(weights), "--json").json[0] for _ in range(2))
    bucket, key = first["asset"].removeprefix("s3://").partition("#")[0].split("/", 1)

    assert "has no data bucket yet" in early.err
    assert (first["uploaded_bytes"], second["uploaded_bytes"]) == (len(WEIGHTS) * 4, 0)
    assert first["asset"].endswith(f"#sha256={hashlib.sha256(WEIGHTS * 4).hexdigest()}&bytes={len(WEIGHTS) * 4}")
    assert s3_of(project).get_object(Bucket=bucket, Key=key)["Body"].read() == WEIGHTS * 4
    project.write("app.py", UPLOADED.format(asset=first["asset"]))
    project.ok("check")


def test_a_model_has_its_weights_from_s3_and_does_not_start_with_others(project: Project) -> None:
    project.start_emulator()
    s3 = s3_of(project)
    s3.create_bucket(Bucket="acme-models")
    s3.put_object(Bucket="acme-models", Key="dev/weights.bin", Body=WEIGHTS)
    project.write("app.py", APP.format(digest=DIGEST))
    project.ok("deploy")

    right = project.ok("invoke", "known", '"a"').json
    project.write("app.py", APP.format(digest="ab" * 32))
    project.ok("deploy")
    wrong = project.mlfn("invoke", "known", '"a"')

    assert right == DIGEST
    assert wrong.code != 0
    told = project.ok("logs", "known").out
    assert f"AssetError: s3://acme-models/dev/weights.bin has the SHA-256 {DIGEST}, and abab" in told
