"""Sealing with the AWS target: a stack with a KMS key and a locked bucket, on the emulator in AWS's place."""

from __future__ import annotations

from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from tests.fixtures.emulator import LiveEmulator

from mlfn_cli.main import run

STAGE = "sealing"


@pytest.fixture
def project(emulator: LiveEmulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    keys = emulator.credentials
    settings = {
        "AWS_ENDPOINT_URL": emulator.endpoint,
        "AWS_REGION": keys.region,
        "AWS_DEFAULT_REGION": keys.region,
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
    }
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    (tmp_path / ".mlfn").mkdir()
    emulator.client("dynamodb").create_table(
        TableName=f"mlfn-audit-{STAGE}",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    return tmp_path


def mlfn(project: Path, *arguments: str) -> tuple[int, str]:
    out = StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        code = run(["-C", str(project), "--target", "aws", "--stage", STAGE, *arguments])
    return code, out.getvalue()


def test_setup_makes_key_and_bucket_that_seal_and_verify_use(emulator: LiveEmulator, project: Path) -> None:
    assert "--setup" in mlfn(project, "audit", "seal")[1]

    code, out = mlfn(project, "audit", "seal", "--setup")
    assert code == 0, out
    assert mlfn(project, "audit", "verify")[0] == 0

    outputs = emulator.client("cloudformation").describe_stacks(StackName=f"mlfn-seal-{STAGE}")["Stacks"][0]["Outputs"]
    named = {output["OutputKey"]: output["OutputValue"] for output in outputs}
    lock = emulator.client("s3").get_object_lock_configuration(Bucket=named["SealBucket"])
    assert lock["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Mode"] == "COMPLIANCE"
    assert "PublicKey" in emulator.client("kms").get_public_key(KeyId=named["SealKey"])
