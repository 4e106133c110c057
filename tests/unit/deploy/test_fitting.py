"""Templates for an endpoint that lacks some of AWS: what differs there, and that nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.deploy.test_capabilities import endpoint
from tests.unit.templates.conftest import Graphs

from mlfn_deployers.localstack.capabilities import judge
from mlfn_deployers.localstack.fitting import fitted_to
from mlfn_engine.planning.templates import read_template
from mlfn_engine.values import Template
from mlfn_templates import render_app, render_base, render_seal

GRAPHS = Graphs()


def app() -> Template:
    graph = GRAPHS.judge()
    return render_app(graph, GRAPHS.versions(graph))


def resources(template: Template) -> dict[str, Any]:
    found: dict[str, Any] = read_template(template.body)["Resources"]
    return found


def on_ministack(template: Template, *, auth: str = "enabled") -> dict[str, Any]:
    return resources(fitted_to(template, judge(endpoint(is_ministack=True, auth=auth))))


def conditions(role: dict[str, Any]) -> dict[str, Any]:
    statements = role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    return {each["Sid"]: each.get("Condition") for each in statements}


def test_an_endpoint_that_lacks_nothing_of_it_is_given_what_aws_is_given() -> None:
    template = app()

    assert fitted_to(template, judge(endpoint(edition="pro", version="4.14.0"))) is template


def test_permissions_lose_the_conditions_that_cannot_be_checked_and_nothing_else() -> None:
    before, after = resources(app())["SentimentRole"], on_ministack(app())["SentimentRole"]

    kept = conditions(before) | {"AppendAuditRecords": None, "UnwrapDataKey": None}
    assert conditions(after) == kept
    assert conditions(before)["AppendAuditRecords"]
    assert conditions(before)["UnwrapDataKey"]


def test_where_no_policy_is_enforced_permissions_stay_as_they_are() -> None:
    role = on_ministack(app(), auth="disabled")["SentimentRole"]

    assert conditions(role) == conditions(resources(app())["SentimentRole"])


@pytest.mark.parametrize(
    ("template", "policy"),
    [
        pytest.param(render_base("dev"), "DataBucketPolicy", id="base"),
        pytest.param(render_seal("dev"), "SealBucketPolicy", id="seal"),
    ],
)
def test_over_plain_http_no_bucket_insists_on_tls(template: Template, policy: str) -> None:
    after = on_ministack(template)

    assert policy in resources(template)
    left = after.get(policy, {}).get("Properties", {}).get("PolicyDocument", {}).get("Statement", [])
    assert "aws:SecureTransport" not in str(left)
    waiting = {name for each in after.values() for name in each.get("DependsOn", [])}
    assert policy in after or policy not in waiting


def test_over_tls_buckets_insist_on_it() -> None:
    over_tls = [each for each in judge(endpoint(is_ministack=True, auth="enabled", url="https://127.0.0.1:4566"))]

    assert "aws:SecureTransport" in fitted_to(render_base("dev"), over_tls).body


def test_the_front_door_starts_machines_where_there_are_no_versions_and_changes_with_their_definitions() -> None:
    after = on_ministack(app())

    variables = after["MlfnIngressFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["MLFN_STATE_MACHINES"]["Fn::Sub"] == (
        '{"archive": "${ArchiveAsyncStateMachine}", "judge": "${JudgeSyncStateMachine}"}'
    )
    assert len(variables["MLFN_DEFINITIONS"].split()) == 2
    assert not [each for each in after.values() if each["Type"] == "AWS::StepFunctions::StateMachineVersion"]


def test_functions_are_told_that_no_alias_is_and_aws_never_says_so() -> None:
    functions = [each for each in on_ministack(app()).values() if each["Type"] == "AWS::Lambda::Function"]

    assert {each["Properties"]["Environment"]["Variables"]["MLFN_INGRESS"] for each in functions} == {"shape"}
    assert "MLFN_INGRESS" not in app().body
