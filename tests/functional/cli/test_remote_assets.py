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
pytestmark = pytest.mark.xdist_group("life")


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
