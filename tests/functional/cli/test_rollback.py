"""Going back to an earlier version: one command, whatever else is broken."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.fixtures.project import SHOP, Project
from tests.functional.cli.breaking import STEPS, break_stack, stack_status

from mlfn_cli.session import local_target
from mlfn_deployers.aws.releases.versions import AwsReleases
from mlfn_engine.releases.history import ShiftKind
from mlfn_engine.releases.moves import rollback_moves
from mlfn_engine.reporting import SilentReporter
from mlfn_engine.values import Target

pytestmark = pytest.mark.xdist_group("life-rollback")
QUIET = SHOP["mood.py"].replace("calm", "quiet")


@pytest.fixture
def deployed_twice(project: Project) -> Project:
    for name, text in SHOP.items():
        project.write(name, text)
    project.start_emulator()
    project.ok("deploy")
    project.write("mood.py", QUIET)
    project.ok("deploy")
    return project


def answer(project: Project) -> str:
    return str(project.ok("invoke", "mood", '"a"').json)


def of(project: Project, function: str) -> dict[str, Any]:
    (found,) = project.ok("versions", function, "--json").json
    return dict(found)


def test_a_rollback_survives_deploys_until_something_newer_or_a_promotion(deployed_twice: Project) -> None:
    shop = deployed_twice

    assert answer(shop) == "quiet"
    assert shop.ok("rollback", "--json").json == [{"function": "mood", "from": "2", "to": "1"}]
    assert answer(shop) == "calm"

    again = shop.ok("deploy")  # nothing changed: the rollback stands, and is shown
    assert "Nothing to do" in again.out
    assert "held below 2; mlfn promote mood@2" in again.out
    assert answer(shop) == "calm"

    shop.write("pricing.py", SHOP["pricing.py"].replace("250", "300"))
    shop.ok("deploy")  # of another model: neither does that move it
    assert answer(shop) == "calm"

    shop.ok("promote", "mood@2")
    assert answer(shop) == "quiet"
    assert of(shop, "mood")["held_below"] is None

    shop.ok("rollback", "mood")
    shop.write("mood.py", SHOP["mood.py"].replace("calm", "silent"))
    shop.ok("deploy")  # something newer: what was held is let go
    assert answer(shop) == "silent"


def test_a_rollback_needs_neither_image_nor_stack_nor_working_code(deployed_twice: Project) -> None:
    shop = deployed_twice
    ecr = shop.client("ecr")
    images = ecr.list_images(repositoryName="mlfn-dev")["imageIds"]
    ecr.batch_delete_image(repositoryName="mlfn-dev", imageIds=images)
    ecr.delete_repository(repositoryName="mlfn-dev", force=True)
    shop.write("mood.py", "raise RuntimeError('half an edit')\n")

    shop.ok("rollback", "mood")

    told = of(shop, "mood")
    assert told["answering"] == "1"
    assert told["held_below"] == "2"
    assert direct(shop) == "calm"


def test_a_rollback_works_while_the_stack_is_in_update_rollback_failed(deployed_twice: Project) -> None:
    break_stack(deployed_twice)

    refused = deployed_twice.mlfn("deploy", "--allow-breaking")
    deployed_twice.ok("rollback", "mood")

    assert refused.code == 1
    assert stack_status(deployed_twice) == "UPDATE_ROLLBACK_FAILED"
    assert direct(deployed_twice) == "calm"


def test_a_rollback_asks_lambda_and_the_release_log_and_nobody_else(deployed_twice: Project) -> None:
    target = only(deployed_twice, "lambda:*", "dynamodb:Query", "dynamodb:PutItem", "sts:GetCallerIdentity")
    releases = AwsReleases(target, SilentReporter())
    with pytest.raises(ClientError, match="AccessDenied"):
        releases.clients.ecr.get_authorization_token()

    moves = rollback_moves(releases.versions("shop", "dev"), releases.history("shop", "dev"), function=None, to=None)
    releases.shift("shop", "dev", ShiftKind.ROLLBACK, moves)

    assert direct(deployed_twice) == "calm"
    assert releases.history("shop", "dev")[0].kind is ShiftKind.ROLLBACK


def test_a_rollback_brings_back_the_steps_of_pipelines(project: Project) -> None:
    for name, text in (SHOP | {"app.py": STEPS.format(steps="mood(text)")}).items():
        project.write(name, text)
    project.start_emulator()
    project.ok("deploy")
    project.write("app.py", STEPS.format(steps="loud(mood(text))"))
    project.ok("deploy")
    before = [project.ok("invoke", "feel", '"a"', *how).json for how in ((), ("--direct",))]

    project.ok("rollback")

    assert before == ["CALM", "CALM"]
    assert project.ok("invoke", "feel", '"a"').json == "calm"
    assert project.ok("invoke", "feel", '"a"', "--direct").json == "calm"
    later = project.ok("run", "feel_later", '"a"', "--json").json
    assert later["output"] == "calm"


def direct(project: Project) -> str:
    """What the model answers; nothing of the project is read."""
    answer = project.client("lambda").invoke(FunctionName="shop-dev-mood:live", Payload=b'"a"')
    return str(json.loads(answer["Payload"].read()))


def only(project: Project, *actions: str) -> Target:
    """The target as somebody sees it who may do no more than these actions."""
    iam = project.client("iam")
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    iam.create_user(UserName="oncall")
    iam.put_user_policy(UserName="oncall", PolicyName="may", PolicyDocument=json.dumps(allow))
    key = iam.create_access_key(UserName="oncall")["AccessKey"]
    root = local_target(project.root / ".mlfn" / "emulator")
    return replace(root, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])


def test_versions_say_who_put_each_to_work(deployed_twice: Project) -> None:
    first, second = of(deployed_twice, "mood")["versions"]

    assert (first["version"], second["version"]) == ("1", "2")
    assert first["image"] != second["image"]
    assert first["put_to_work"]["how"] == "deploy"
    assert first["put_to_work"]["by"] == "arn:aws:iam::000000000000:root"
    assert "→" in deployed_twice.ok("versions", "mood").out


def test_there_is_nothing_before_a_first_deploy(project: Project) -> None:
    for name, text in SHOP.items():
        project.write(name, text)
    project.start_emulator()
    none = project.mlfn("rollback")
    project.ok("deploy")

    refused = project.mlfn("rollback")
    unknown = project.mlfn("rollback", "moods")

    assert (none.code, none.err.splitlines()[0]) == (1, "Error: shop is not deployed to local (stage dev).")
    assert (refused.code, "nothing to roll back to" in refused.err) == (1, True)
    assert (unknown.code, "There is no deployed model 'moods'" in unknown.err) == (2, True)
