"""A change, a crash of the emulator, and the end of an app."""

from __future__ import annotations

import os
import signal

import pytest
from tests.fixtures.project import SHOP, Project

pytestmark = pytest.mark.xdist_group("life")


@pytest.fixture
def deployed(project: Project) -> Project:
    for name, text in SHOP.items():
        project.write(name, text)
    project.start_emulator()
    project.ok("deploy")
    return project


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
    changed = {key for key, _ in set(map(tuple, before["traffic"])) ^ set(map(tuple, after["traffic"]))}
    assert changed == {"mood"}
    rows = deployed.ok("audit", "mood", "--json").json
    assert {row["function_version"] for row in rows} == {"1", "2"}


def test_what_was_acknowledged_survives_a_kill_of_the_emulator(deployed: Project) -> None:
    deployed.ok("invoke", "mood", '"before"')
    pid = deployed.ok("emulator", "status", "--json").json["emulator"]["pid"]

    os.kill(pid, signal.SIGKILL)
    deployed.start_emulator()

    assert deployed.ok("invoke", "mood", '"after!"').json == "happy"
    assert len(deployed.ok("audit", "mood", "--json").json) == 2


def test_destroy_leaves_nothing_of_the_app_but_its_audit_trail(deployed: Project) -> None:
    deployed.ok("invoke", "mood", '"last"')

    outcome = deployed.ok("destroy", "--yes")

    assert "kept stack mlfn-base-dev" in outcome.out
    assert deployed.mlfn("status").code == 1
    assert len(deployed.ok("audit", "mood", "--json").json) == 1


def test_an_app_can_be_deployed_again_after_destroy(deployed: Project) -> None:
    deployed.ok("destroy", "--yes")

    deployed.ok("deploy")

    assert deployed.ok("invoke", "mood", '"again!"').json == "happy"


def test_destroy_base_removes_the_audit_trail_too(deployed: Project) -> None:
    outcome = deployed.ok("destroy", "--base", "--yes")

    assert "removed mlfn-audit-dev" in outcome.out
    assert deployed.ok("destroy", "--base", "--yes").out.startswith("✓ removed nothing")
