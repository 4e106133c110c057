"""What the platform's own functions may do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_templates import platform_stack_name, render_app, render_platform

if TYPE_CHECKING:
    from tests.unit.templates.conftest import Graphs

FUNCTIONS = ("Writer", "Reaper", "Sealer", "Reconciler", "Issuers", "Watcher")
FRAMEWORK = Path(__file__).parents[3] / "framework"


@pytest.fixture(name="resources")
def _resources(graphs: Graphs) -> dict[str, Any]:
    return graphs.resources(render_platform("dev"))


def statements(resources: dict[str, Any], function: str) -> list[dict[str, Any]]:
    (policy,) = resources[f"{function}Role"]["Properties"]["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def actions(resources: dict[str, Any], function: str) -> set[str]:
    listed = [each["Action"] for each in statements(resources, function)]
    return {action for each in listed for action in ([each] if isinstance(each, str) else each)}


def test_the_stack_is_named_after_the_stage() -> None:
    assert render_platform("prod").name == platform_stack_name("prod") == "mlfn-platform-prod"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nobody_may_change_or_delete(resources: dict[str, Any], function: str) -> None:
    may = actions(resources, function)

    assert not [action for action in may if "*" in action or "Delete" in action or "Update" in action]


def test_items_are_added_under_each_functions_own_keys(resources: dict[str, Any]) -> None:
    keys = {
        function: each["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        for function in FUNCTIONS
        for each in statements(resources, function)
        if each["Action"] == "dynamodb:PutItem"
    }

    assert keys == {
        "Writer": ["A#*", "B#*"],
        "Reaper": ["A#*", "B#*", "R#*"],
        "Reconciler": ["A#*", "B#*", "R#*"],
        "Sealer": ["W#*", "K#*", "B#"],
    }


def test_everything_that_is_counted_of_the_trail_has_an_alarm(resources: dict[str, Any]) -> None:
    sources = [path.read_text() for name in ("mlfn", "mlfn_audit") for path in (FRAMEWORK / name).rglob("*.py")]
    counted = {name for text in sources for name in re.findall(r'"(Audit[A-Z]\w+)"', text)} - {"AuditError"}
    watched = {
        one["Properties"]["MetricName"]
        for one in resources.values()
        if one["Type"] == "AWS::CloudWatch::Alarm" and one["Properties"]["Namespace"] == "mlfn"
    }

    assert watched == counted
    assert watched >= {"AuditDeferred", "AuditLost", "AuditUnconfirmed"}


def test_the_keeper_of_keys_may_write_one_object(resources: dict[str, Any]) -> None:
    (store,) = [each for each in statements(resources, "Issuers") if "s3:PutObject" in each["Action"]]

    assert store["Resource"] == {"Fn::Sub": "arn:${AWS::Partition}:s3:::${DataBucket}/mlfn/issuers.json"}
    assert actions(resources, "Issuers") == {
        "iam:GetOutboundWebIdentityFederationInfo",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "s3:GetObject",
        "s3:PutObject",
    }


def test_the_reconciler_reads_the_apis_logs_and_no_functions(resources: dict[str, Any]) -> None:
    (reads,) = [each for each in statements(resources, "Reconciler") if each.get("Sid") == "ReadLogs"]

    assert reads["Action"] == ["logs:FilterLogEvents"]
    assert [one["Fn::Sub"].split("log-group:")[1] for one in reads["Resource"]] == ["/aws/vendedlogs/apis/*-dev:*"]


def test_the_watcher_may_add_notes_and_nothing_else_to_the_bucket(resources: dict[str, Any]) -> None:
    assert {action for action in actions(resources, "Watcher") if action.startswith("s3:")} == {"s3:PutObject"}


def test_nothing_of_it_stays_when_the_stack_goes(resources: dict[str, Any]) -> None:
    assert {one.get("DeletionPolicy", "Delete") for one in resources.values()} == {"Delete"}


def test_models_logs_are_subscribed_and_those_of_the_platform_are_not(
    graphs: Graphs, resources: dict[str, Any]
) -> None:
    graph = graphs.judge()
    app = graphs.resources(render_app(graph, graphs.versions(graph)))
    subscribed = [one for one in app.values() if one["Type"] == "AWS::Logs::SubscriptionFilter"]

    assert len(subscribed) == len(graph.functions)
    assert {one["Condition"] for one in subscribed} == {"HasAuditWriter"}
    assert "AWS::Logs::SubscriptionFilter" not in {one["Type"] for one in resources.values()}
