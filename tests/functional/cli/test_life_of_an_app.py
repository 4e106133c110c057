"""A change, a crash of the emulator, and the end of an app."""

from __future__ import annotations

import os
import signal
from hashlib import md5
from typing import TYPE_CHECKING

import boto3
import pytest
from tests.fixtures.project import SHOP, Project, free_port

from mlfn_deployers.aws.stacks.long_templates import LONGEST_BODY

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

READER = """
import mlfn

@mlfn.model(reads=["s3://mlfn-data-{stage}-{account}-{region}/prices/*"])
def price(uri: str) -> int:
    with mlfn.open(uri) as file:
        return int(file.read())
"""
pytestmark = pytest.mark.xdist_group("life-life-of-an-app")


@pytest.fixture
def deployed(project: Project) -> Project:
    for name, text in SHOP.items():
        project.write(name, text)
    project.start_emulator()
    project.ok("deploy")
    return project


def s3_of(project: Project) -> S3Client:
    keys = project.ok("emulator", "env", "--json").json
    client: S3Client = boto3.client(
        "s3",
        endpoint_url=keys["AWS_ENDPOINT_URL"],
        region_name=keys["AWS_REGION"],
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    )
    return client


def test_one_changed_line_publishes_one_function_and_the_trail_shows_both_versions(deployed: Project) -> None:
    before = deployed.ok("status", "--json").json
    deployed.ok("invoke", "mood", '"a"')
    deployed.write("mood.py", SHOP["mood.py"].replace("calm", "quiet"))

    plan = deployed.ok("plan", "--json").json
    deployed.ok("deploy")

    published = [action["function"] for action in plan["actions"] if action["action"] == "PublishVersion"]
    assert published == ["mood"]
    assert deployed.ok("invoke", "mood", '"a"').json == "quiet"
    after = deployed.ok("status", "--json").json
    changed = {key for key, _ in before["traffic"].items() ^ after["traffic"].items()}
    assert changed == {"mood"}
    rows = deployed.trail("mood", count=2)
    assert {row["function_version"] for row in rows} == {"1", "2"}


def test_what_was_acknowledged_survives_a_kill_of_the_emulator(deployed: Project) -> None:
    deployed.ok("invoke", "mood", '"before"')
    pid = deployed.ok("emulator", "status", "--json").json["emulator"]["pid"]

    os.kill(pid, signal.SIGKILL)
    deployed.start_emulator()

    assert deployed.ok("invoke", "mood", '"after!"').json == "happy"
    assert len(deployed.trail("mood", count=2)) == 2


def test_an_emulator_that_comes_back_on_another_port_answers_there(deployed: Project) -> None:
    deployed.ok("emulator", "stop")

    deployed.ok("emulator", "start", "--port", str(free_port()))

    assert deployed.ok("invoke", "mood", '"moved!"').json == "happy"


def test_destroy_leaves_nothing_of_the_app_but_its_audit_trail(deployed: Project) -> None:
    deployed.ok("invoke", "mood", '"last"')
    deployed.trail("mood", count=1)

    outcome = deployed.ok("destroy", "--yes")

    assert "kept stack mlfn-base-dev with table mlfn-audit-dev, where the records of shop are" in outcome.out
    assert "kept data key of shop in mlfn-data-dev-" in outcome.out
    assert "payloads of shop" not in outcome.out
    assert services_of(deployed) == []
    assert deployed.mlfn("status").code == 1
    assert len(deployed.trail("mood", count=1)) == 1


def test_an_app_whose_template_is_too_long_to_be_sent_deploys_and_leaves_no_template_behind(project: Project) -> None:
    models = [f"@model\ndef number_{one}(value: int) -> int:\n    return value + {one}\n" for one in range(12)]
    project.write("pyproject.toml", '[project]\nname = "many"\nversion = "1"\n[tool.mlfn]\napp = "many"\n')
    project.write("app.py", "from mlfn import model\n\n" + "\n".join(models))
    project.start_emulator()

    project.ok("deploy")

    assert len(project.ok("render").out.encode()) > LONGEST_BODY
    assert project.ok("invoke", "number_9", "1").json == 10
    assert (
        not s3_of(project)
        .list_object_versions(Bucket="mlfn-data-dev-000000000000-us-east-1", Prefix="templates/")
        .get("Versions")
    )


def test_a_model_reads_the_objects_it_names_and_its_record_names_their_version(project: Project) -> None:
    project.write("pyproject.toml", '[project]\nname = "data"\nversion = "1"\n[tool.mlfn]\napp = "data"\n')
    project.write("app.py", READER)
    project.start_emulator()
    project.ok("deploy")
    bucket = "mlfn-data-dev-000000000000-us-east-1"
    version = s3_of(project).put_object(Bucket=bucket, Key="prices/tea", Body=b"250")["VersionId"]
    s3_of(project).put_object(Bucket=bucket, Key="secret", Body=b"1")

    assert project.ok("invoke", "price", f'"s3://{bucket}/prices/tea"').json == 250
    refused = project.mlfn("invoke", "price", f'"s3://{bucket}/secret"')

    assert "AccessDenied" in refused.err
    (read, _) = project.trail("price", count=2)
    assert read["data"] == [f"{bucket}/prices/tea@{version}#{md5(b'250', usedforsecurity=False).hexdigest()}"]


def test_destroy_counts_the_payloads_that_it_leaves(deployed: Project) -> None:
    deployed.write("mood.py", SHOP["mood.py"].replace("timeout_s=5", 'timeout_s=5, capture="full"'))
    deployed.ok("deploy")
    deployed.ok("invoke", "mood", '"last"')
    deployed.trail("mood", count=1)

    assert "kept 1 payloads of shop in mlfn-data-dev-" in deployed.ok("destroy", "--yes").out


def services_of(project: Project) -> list[str]:
    """Whatever still bears the app's name, of any kind that a deploy makes."""
    found = [
        *(each["FunctionName"] for each in project.client("lambda").list_functions()["Functions"]),
        *(each["logGroupName"] for each in project.client("logs").describe_log_groups()["logGroups"]),
        *(each["RoleName"] for each in project.client("iam").list_roles()["Roles"]),
        *(each["PolicyName"] for each in project.client("iam").list_policies(Scope="Local")["Policies"]),
        *(each["name"] for each in project.client("stepfunctions").list_state_machines()["stateMachines"]),
        *(each["Name"] for each in project.client("apigatewayv2").get_apis()["Items"]),
        *(each["imageTag"] for each in project.client("ecr").list_images(repositoryName="mlfn-dev")["imageIds"]),
    ]
    return [name for name in found if "shop" in name]


def test_an_app_can_be_deployed_again_after_destroy(deployed: Project) -> None:
    deployed.ok("destroy", "--yes")

    deployed.ok("deploy")

    assert deployed.ok("invoke", "mood", '"again!"').json == "happy"


def test_destroy_base_removes_the_audit_trail_too(deployed: Project) -> None:
    outcome = deployed.ok("destroy", "--base", "--yes")

    assert "removed mlfn-audit-dev" in outcome.out
    assert outcome.out.count("(KMS deletes it in 7 days)") == 2
    assert deployed.ok("destroy", "--base", "--yes").out.startswith("✓ removed nothing")


def test_a_deploy_that_would_break_callers_is_refused_until_it_is_meant(deployed: Project) -> None:
    deployed.write("mood.py", SHOP["mood.py"].replace("text: str", "text: str, loud: bool"))

    planned = deployed.ok("plan")
    refused = deployed.mlfn("deploy")
    still = deployed.ok("invoke", "mood", '"a"').json
    deployed.ok("deploy", "--allow-breaking")

    assert "mood: breaks callers" in planned.out
    assert refused.code == 1
    assert "Error: This deploy would break callers: mood: input: " in refused.err
    assert still == "calm"
    assert deployed.ok("invoke", "mood", '{"text": "a", "loud": true}').json == "calm"
