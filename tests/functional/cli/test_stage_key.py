"""A stage under a key of its own, on the emulator, which asks the policies of the key and of the roles."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.fixtures.project import Project

pytestmark = pytest.mark.xdist_group("life-stage-key")
SETTINGS = '[project]\nname = "shop"\nversion = "1"\n[tool.mlfn]\napp = "shop"\n'
KEYED = SETTINGS + '[tool.mlfn.stages.dev]\nkms-key = "create"\n'
APP = """
from mlfn import model, pipeline
from mlfn.secrets import Secret, secret

@model(secrets={"API_KEY": Secret("shop/{stage}/api-key")}, capture="full")
def peek(text: str) -> int:
    return len(secret("API_KEY").reveal())

@pipeline
def length(text: str) -> int:
    return peek(text)
"""


def key_of(project: Project) -> str:
    stacks = project.client("cloudformation").describe_stacks(StackName="mlfn-base-dev")["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stacks[0]["Outputs"]}
    return str(outputs["StageKey"])


def kept_under(project: Project) -> dict[str, Any]:
    table = project.client("dynamodb").describe_table(TableName="mlfn-audit-dev")["Table"]
    groups = project.client("logs").describe_log_groups()["logGroups"]
    functions = project.client("lambda").list_functions()["Functions"]
    return {
        "table": table.get("SSEDescription", {}).get("KMSMasterKeyArn"),
        "logs": {each.get("kmsKeyId") for each in groups},
        "variables": {each.get("KMSKeyArn") for each in functions},
    }


def test_a_stage_moves_under_its_own_key_and_works_there(project: Project) -> None:
    project.write("app.py", APP)
    project.write("pyproject.toml", SETTINGS)
    project.start_emulator()
    project.ok("deploy")
    assert kept_under(project)["logs"] == {None}

    project.write("pyproject.toml", KEYED)
    plan = project.ok("plan").out
    assert "items encrypted with AWS's own key → the KMS key StageKey" in plan
    assert "new objects encrypted with AWS's own key → the KMS key StageKey" in plan
    assert "variables encrypted with AWS's own key → the KMS key StageKey" in plan
    assert "may kms:Decrypt on StageKey if StringEquals: kms:ViaService: dynamodb.${AWS::Region}" in plan
    project.ok("deploy")

    key = key_of(project)
    assert kept_under(project) == {"table": key, "logs": {key}, "variables": {key}}
    secrets = project.client("secretsmanager")
    secrets.create_secret(Name="shop/dev/api-key", SecretString="0123456789", KmsKeyId=key)
    assert project.ok("invoke", "peek", '"a"').json == 10
    assert project.ok("invoke", "length", '"a"').json == 10
    payload = one_payload(project)
    assert (payload["ServerSideEncryption"], payload["SSEKMSKeyId"]) == ("aws:kms", key)
    assert project.ok("check").code == 0

    # without its key nothing opens, whoever asks; nor can a project of the stage forget it
    project.client("kms").disable_key(KeyId=key)
    with pytest.raises(Exception, match=r"KMS\.DisabledException"):
        one_payload(project)
    project.client("kms").enable_key(KeyId=key)
    project.write("pyproject.toml", SETTINGS)
    refused = project.mlfn("deploy")
    assert (refused.code, "and this project says none" in refused.err) == (1, True)
    project.ok("destroy", "--yes")
    assert f"{key} (KMS deletes it in 7 days)" in project.ok("destroy", "--base", "--yes").out


def one_payload(project: Project) -> dict[str, Any]:
    s3 = project.client("s3")
    (bucket,) = (each["Name"] for each in s3.list_buckets()["Buckets"] if each["Name"].startswith("mlfn-data-"))
    newest = s3.list_objects_v2(Bucket=bucket, Prefix="payloads/")["Contents"][0]["Key"]
    found: dict[str, Any] = s3.get_object(Bucket=bucket, Key=newest)
    return found


def test_a_key_of_ones_own_must_let_the_logs_use_it(project: Project) -> None:
    project.write("app.py", "from mlfn import model\n\n@model\ndef echo(text: str) -> str:\n    return text\n")
    project.start_emulator()
    kms = project.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    project.write("pyproject.toml", SETTINGS + f'[tool.mlfn.stages.dev]\nkms-key = "{key}"\n')

    refused = project.mlfn("deploy")
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    policy["Statement"].append(
        {
            "Effect": "Allow",
            "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
            "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
            "Resource": "*",
            "Condition": {
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-east-1:000000000000:log-group:/aws/*"
                }
            },
        }
    )
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
    project.ok("deploy")

    assert refused.code == 1
    assert (
        "is not allowed to be used with Arn 'arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/" in refused.err
    )
    assert kept_under(project) == {"table": key, "logs": {key}, "variables": {key}}
    assert project.ok("invoke", "echo", '"a"').json == "a"
    project.ok("destroy", "--yes")
    project.ok("destroy", "--base", "--yes")
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"  # it is the user's
