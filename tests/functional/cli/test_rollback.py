"""Going back to an earlier version: one command, whatever else is broken."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from tests.fixtures.project import SHOP, Project

pytestmark = pytest.mark.xdist_group("life")
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
    keys = shop.ok("emulator", "env", "--json").json
    session = boto3.Session(
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        region_name=keys["AWS_REGION"],
    )
    ecr = session.client("ecr", endpoint_url=keys["AWS_ENDPOINT_URL"])
    images = ecr.list_images(repositoryName="mlfn-dev")["imageIds"]
    ecr.batch_delete_image(repositoryName="mlfn-dev", imageIds=images)
    shop.write("mood.py", "raise RuntimeError('half an edit')\n")

    shop.ok("rollback", "mood")

    told = of(shop, "mood")
    assert told["answering"] == "1"
    assert told["held_below"] == "2"


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
