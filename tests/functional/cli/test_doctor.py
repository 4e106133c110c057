"""`mlfn doctor`: each ailment is found with its command, and mended where it can be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.fixtures.project import SHOP, Outcome, Project
from tests.fixtures.target import trust
from tests.functional.cli.breaking import STEPS, break_stack, stack_status

from mlfn_cli.session import local_target
from mlfn_deployers.aws.ailments import Patient
from mlfn_deployers.aws.api.clients import Clients
from mlfn_engine.reporting import SilentReporter

pytestmark = pytest.mark.xdist_group("life-doctor")


def found(project: Project) -> list[tuple[str, str]]:
    outcome = project.mlfn("doctor", "--json")
    left: list[dict[str, Any]] = outcome.json["left"]
    assert outcome.code == bool(left)
    return [(each["name"], each["subject"]) for each in left]


def fixed(project: Project) -> Outcome:
    return project.ok("doctor", "--fix")


def test_an_app_that_is_well_is_told_so_also_after_a_rollback(shop: Project) -> None:
    shop.write("mood.py", SHOP["mood.py"].replace("calm", "quiet"))
    shop.ok("deploy")
    shop.ok("rollback")

    assert "shop is well." in shop.ok("doctor").out
    assert "as its stacks made it" in shop.ok("drift-stack").out


def test_an_image_that_is_gone_is_built_and_pushed_again(shop: Project) -> None:
    shop.write("mood.py", SHOP["mood.py"].replace("calm", "bright"))
    shop.ok("deploy")
    ecr = shop.client("ecr")
    images = ecr.list_images(repositoryName="mlfn-dev")["imageIds"]
    lost = [image for image in images if image["imageTag"].startswith("shop-mood-")]
    ecr.batch_delete_image(repositoryName="mlfn-dev", imageIds=lost)

    assert found(shop) == [("missing image", "mood")]
    assert "built and pushed" in fixed(shop).out
    assert found(shop) == []

    ecr.batch_delete_image(repositoryName="mlfn-dev", imageIds=lost)
    shop.write("mood.py", SHOP["mood.py"].replace("calm", "other"))
    other = shop.mlfn("doctor", "--fix")
    assert other.code == 1
    assert "The project no longer is what version" in other.out
    shop.ok("deploy")


def test_aliases_that_a_killed_command_left_apart_are_put_together(shop: Project) -> None:
    shop.client("lambda").update_alias(FunctionName="shop-dev-price", Name="api", FunctionVersion="$LATEST")

    assert found(shop) == [("split aliases", "price")]
    assert "all of its aliases point to 1, as live did" in fixed(shop).out


def test_drift_is_shown_with_the_command_that_puts_it_back(shop: Project) -> None:
    logs = shop.client("logs")
    logs.put_retention_policy(logGroupName="/aws/lambda/shop-dev-price", retentionInDays=3)

    drift = shop.mlfn("drift-stack")
    assert found(shop) == [("drift", "shop-dev/PriceLogGroup")]
    logs.put_retention_policy(logGroupName="/aws/lambda/shop-dev-price", retentionInDays=365)

    assert drift.code == 1
    assert "RetentionInDays: 365 → 3" in drift.out
    assert "--type-name AWS::Logs::LogGroup" in drift.out
    assert '[{"op": "replace", "path": "/RetentionInDays", "value": 365}]' in drift.out


def test_a_quota_that_is_nearly_used_up_is_told(shop: Project) -> None:
    client = shop.client("lambda")
    client.put_function_concurrency(FunctionName="shop-dev-price", ReservedConcurrentExecutions=900)

    names = [name for name, _ in found(shop)]
    client.delete_function_concurrency(FunctionName="shop-dev-price")

    assert "quota is near" in names


def test_credentials_that_are_not_accepted_are_all_that_is_told(shop: Project) -> None:
    target = replace(local_target(shop.root / ".mlfn" / "emulator"), access_key="AKIAIOSFODNN7EXAMPLE")
    patient = Patient(target=target, clients=Clients(target), reporter=SilentReporter(), app="shop", stage="dev")

    (only,) = patient.ailments()

    assert (only.name, only.run) == ("credentials", "aws sso login")


def test_a_stack_in_update_rollback_failed_goes_back_without_what_fails_and_is_deployed(project: Project) -> None:
    for name, text in SHOP.items():
        project.write(name, text)
    project.start_emulator()
    project.ok("deploy")
    break_stack(project)
    project.mlfn("deploy", "--allow-breaking")

    stuck = project.mlfn("deploy", "--allow-breaking")
    assert "mlfn doctor --fix goes back without what fails" in stuck.err
    assert ("rollback failed", "shop-dev") in found(project)

    mended = project.mlfn("doctor", "--fix")
    assert "rolled it back without MoodFunction" in mended.out
    assert stack_status(project) == "UPDATE_ROLLBACK_COMPLETE"

    remove_machine(project)
    project.ok("deploy", "--allow-breaking")
    assert project.ok("invoke", "mood", '"a"').json == "silent"


def test_a_first_deploy_that_was_rolled_back_is_removed(project: Project) -> None:
    for name, text in (SHOP | {"app.py": STEPS.format(steps="mood(text)")}).items():
        project.write(name, text)
    project.start_emulator()
    iam = project.client("iam")
    role = iam.create_role(RoleName="somebody", AssumeRolePolicyDocument=trust("states.amazonaws.com"))["Role"]["Arn"]
    done = '{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}'
    project.client("stepfunctions").create_state_machine(name="shop-dev-feel", definition=done, roleArn=role)

    assert "shop is not deployed to local (stage dev)." in project.mlfn("doctor").err
    refused = project.mlfn("deploy")
    assert "something of that name is there that the stack did not make" in refused.err
    assert found(project) == [("stack holds nothing", "shop-dev")]
    assert "deleted it; mlfn deploy makes it anew" in fixed(project).out

    remove_machine(project)
    project.ok("deploy")


def remove_machine(project: Project) -> None:
    client = project.client("stepfunctions")
    machine = next(
        each["stateMachineArn"]
        for each in client.list_state_machines()["stateMachines"]
        if each["name"] == "shop-dev-feel"
    )
    client.delete_state_machine(stateMachineArn=machine)
