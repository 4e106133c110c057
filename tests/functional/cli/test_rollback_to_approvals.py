"""Going back to pipelines that ask people, after a deploy has taken away what that needs."""

from __future__ import annotations

import time

import pytest
from tests.fixtures.project import Project

pytestmark = pytest.mark.xdist_group("life-rollback-to-approvals")
MODELS = """
from mlfn import model

@model(memory_mb=128)
def draft(topic: str) -> str:
    return f"About {topic}"
"""
ASKING = """
from mlfn import pipeline
from mlfn.approvals import approval
from press import draft

@pipeline(mode="async", timeout_s=600)
def issue(topic: str) -> str:
    text = draft(topic)
    approval(text, by=["arn:aws:iam::000000000000:user/jane"], timeout_s=300)
    return text
"""
NOT_ASKING = """
from mlfn import pipeline
from press import draft

@pipeline(mode="async", timeout_s=600)
def issue(topic: str) -> str:
    return draft(topic)
"""
SETTINGS = '[project]\nname = "desk"\nversion = "1"\n\n[tool.mlfn]\napp = "desk"\nmodules = ["app", "press"]\n'


@pytest.fixture
def asking(project: Project) -> Project:
    """An app whose pipeline asks somebody, deployed; its code does not any more."""
    for name, text in {"pyproject.toml": SETTINGS, "press.py": MODELS, "app.py": ASKING}.items():
        project.write(name, text)
    project.start_emulator()
    project.ok("deploy")
    project.write("app.py", NOT_ASKING)
    return project


def answering(project: Project) -> dict[str, str]:
    return {each["function"]: each["answering"] for each in project.ok("versions", "--json").json}


def test_a_deploy_that_would_forget_questions_is_refused_until_they_are_answered(asking: Project) -> None:
    asking.ok("invoke", "issue", '"tea"')
    items, give_up = asking.client("dynamodb"), time.monotonic() + 60
    while not items.scan(TableName="desk-dev-approvals")["Items"]:
        assert time.monotonic() < give_up
        time.sleep(0.1)

    refused = asking.mlfn("deploy")
    taken = asking.mlfn("deploy", "--allow-breaking")

    assert (refused.code, "one waits for an answer" in refused.err, "mlfn approvals" in refused.err) == (1, True, True)
    assert taken.code == 0


def test_no_traffic_goes_back_to_what_could_ask_nobody_until_a_deploy_asks_again(asking: Project) -> None:
    canary = asking.mlfn("deploy", "--canary", "10%:1m")
    asked_still = asking.client("dynamodb").describe_table(TableName="desk-dev-approvals")["Table"]["TableStatus"]
    asking.ok("deploy")
    before = answering(asking)

    refused = [
        asking.mlfn(*how) for how in (("rollback",), ("rollback", "mlfn-ingress"), ("promote", "mlfn-ingress@1"))
    ]

    assert (canary.code, "deploy it without --canary" in canary.err, asked_still) == (1, True, "ACTIVE")
    for each in refused:
        assert each.code == 1
        assert "asks people for approvals" in each.err
        assert "mlfn deploy --stage dev --target local" in each.err
    assert answering(asking) == before == {"draft": "1", "mlfn-ingress": "2"}

    asking.write("app.py", ASKING)
    asking.ok("deploy")
    asking.ok("promote", "mlfn-ingress@1")

    assert answering(asking)["mlfn-ingress"] == "1"
