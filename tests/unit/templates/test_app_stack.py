"""What an app's stack holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mlfn.errors import RenderError
from mlfn_engine.access import Access
from mlfn_engine.remote_asset import RemoteAsset
from mlfn_engine.values import PackageType, PipelineMode, Resources, Scaling
from mlfn_templates import render_app

if TYPE_CHECKING:
    from tests.unit.templates.conftest import Graphs


def version_ids(resources: dict[str, Any]) -> list[str]:
    return [name for name, one in resources.items() if one["Type"] == "AWS::Lambda::Version"]


def render_model(graphs: Graphs, **changes: Any) -> dict[str, Any]:
    return graphs.render(graphs.app(graphs.model(**changes)))


def test_the_stack_is_named_after_app_and_stage(graphs: Graphs) -> None:
    graph = graphs.judge()

    assert render_app(graph, graphs.versions(graph)).name == "reviews-dev"


def test_a_function_without_an_image_is_named(graphs: Graphs) -> None:
    with pytest.raises(RenderError, match="'extract_text', 'sentiment'"):
        render_app(graphs.judge(), {"mlfn-ingress": "0" * 12})


def test_parameters_hold_what_is_known_before_the_base_stack_is_read(graphs: Graphs) -> None:
    graph = graphs.app(graphs.model())

    assert render_app(graph, graphs.versions(graph)).parameters == (("AuditTable", "mlfn-audit-dev"),)


def test_a_role_only_appends_to_its_own_leading_keys(graphs: Graphs) -> None:
    statements = render_model(graphs)["SentimentRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    audit = next(statement for statement in statements if statement["Sid"] == "AppendAuditRecords")

    assert audit["Action"] == "dynamodb:PutItem"
    assert audit["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] == [
        "A#reviews.sentiment#*",
        "B#reviews.sentiment",
    ]


def test_a_role_reads_the_objects_its_model_names_and_no_others(graphs: Graphs) -> None:
    found = render_model(
        graphs, reads=("s3://acme-{stage}/prices/*", "s3://mlfn-data-{stage}-{account}-{region}/a.csv")
    )
    statements = found["SentimentRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    read = next(statement for statement in statements if statement["Sid"] == "ReadData")

    assert read["Action"] == ["s3:GetObject", "s3:GetObjectVersion"]
    assert [one["Fn::Sub"] for one in read["Resource"]] == [
        "arn:${AWS::Partition}:s3:::acme-dev/prices/*",
        "arn:${AWS::Partition}:s3:::mlfn-data-dev-${AWS::AccountId}-${AWS::Region}/a.csv",
    ]


def test_a_role_reads_its_models_assets_and_no_others(graphs: Graphs) -> None:
    weights = RemoteAsset(bucket="acme-{stage}", key="llm/w.bin", version=None, sha256="ab" * 32, place=None)
    found = render_model(graphs, remote_assets=(weights,))
    statements = found["SentimentRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    read = next(statement for statement in statements if statement["Sid"] == "ReadData")

    assert [one["Fn::Sub"] for one in read["Resource"]] == ["arn:${AWS::Partition}:s3:::acme-dev/llm/w.bin"]


def test_only_log_delivery_has_a_wildcard_resource(graphs: Graphs) -> None:
    wild = [
        statement["Sid"]
        for one in graphs.render(graphs.judge()).values()
        for policy in one["Properties"].get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Resource"] == "*"
    ]

    assert set(wild) == {"DeliverLogs"}


def test_routes_ask_for_iam(graphs: Graphs) -> None:
    assert render_model(graphs)["SentimentRoute"]["Properties"]["AuthorizationType"] == "AWS_IAM"


def test_only_a_public_model_has_an_open_route(graphs: Graphs) -> None:
    found = render_model(graphs, access=Access(public=True))

    assert found["SentimentRoute"]["Properties"]["AuthorizationType"] == "NONE"


def test_only_api_gateway_may_invoke_the_api_alias_and_only_for_that_route(graphs: Graphs) -> None:
    permission = render_model(graphs)["SentimentPermission"]["Properties"]

    assert permission["Principal"] == "apigateway.amazonaws.com"
    assert permission["FunctionName"] == {"Ref": "SentimentAliasApi"}
    assert permission["SourceArn"]["Fn::Sub"].endswith(":${HttpApi}/*/POST/models/sentiment")


def test_aliases_follow_the_traffic_parameter(graphs: Graphs) -> None:
    found = render_model(graphs)
    expected = {
        "Fn::If": [
            "SentimentTrafficIsSet",
            {"Ref": "SentimentTraffic"},
            {"Fn::GetAtt": [version_ids(found)[0], "Version"]},
        ]
    }
    for alias in ("Api", "Sfn", "Live"):
        assert found[f"SentimentAlias{alias}"]["Properties"]["FunctionVersion"] == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"resources": Resources(memory_mb=1024)},
        {"resources": Resources(timeout_s=7)},
        {"resources": Resources(ephemeral_storage_mb=1024)},
        {"scaling": Scaling(provisioned=2)},
        {"description": "Another docstring"},
    ],
    ids=["memory", "timeout", "storage", "provisioned", "description"],
)
def test_versioned_configuration_changes_the_version(graphs: Graphs, changes: dict[str, Any]) -> None:
    before, after = graphs.app(graphs.model()), graphs.app(graphs.model(**changes))

    old, new = (version_ids(graphs.render(graph)) for graph in (before, after))

    assert old != new


def test_new_code_changes_the_version(graphs: Graphs) -> None:
    graph = graphs.app(graphs.model())

    old, new = (version_ids(graphs.resources(render_app(graph, graphs.versions(graph, code=code)))) for code in "ab")

    assert old != new


@pytest.mark.parametrize(
    "changes",
    [{"scaling": Scaling(reserved=5)}, {"access": Access(public=True)}],
    ids=["reserved concurrency", "access"],
)
def test_what_lambda_does_not_version_keeps_the_version(graphs: Graphs, changes: dict[str, Any]) -> None:
    before, after = graphs.app(graphs.model()), graphs.app(graphs.model(**changes))

    old, new = (version_ids(graphs.render(graph)) for graph in (before, after))

    assert old == new


def test_provisioned_concurrency_is_set_on_the_version_and_in_its_content(graphs: Graphs) -> None:
    found = render_model(graphs, scaling=Scaling(provisioned=3))
    version = next(one for one in found.values() if one["Type"] == "AWS::Lambda::Version")

    assert version["Properties"]["ProvisionedConcurrencyConfig"] == {"ProvisionedConcurrentExecutions": 3}
    assert found["SentimentFunction"]["Properties"]["Environment"]["Variables"]["MLFN_PROVISIONED"] == "3"


def test_versions_outlive_the_template(graphs: Graphs) -> None:
    version = next(one for one in render_model(graphs).values() if one["Type"] == "AWS::Lambda::Version")

    assert (version["DeletionPolicy"], version["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_a_pipeline_may_invoke_the_models_of_its_app_since_a_rollback_may_bring_back_other_steps(
    graphs: Graphs,
) -> None:
    pipeline, models = graphs.pipeline("judge", ["sentiment"]), (graphs.model("sentiment"), graphs.model("other"))

    found = graphs.render(graphs.app(*models, pipelines=(pipeline,)))
    statements = found["JudgeSyncRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]

    assert statements[0]["Resource"] == [{"Ref": "SentimentAliasSfn"}, {"Ref": "OtherAliasSfn"}]
    assert found["JudgeSyncStateMachine"]["Properties"]["DefinitionSubstitutions"] == {
        "sentiment": {"Ref": "SentimentAliasSfn"}
    }


def test_the_front_door_starts_the_version_of_a_pipeline_that_it_was_deployed_with(graphs: Graphs) -> None:
    def deployed(*steps: str) -> tuple[str, str, str]:
        models = (graphs.model("sentiment"), graphs.model("other"))
        found = graphs.render(graphs.app(*models, pipelines=(graphs.pipeline("judge", list(steps)),)))
        variables = found["MlfnIngressFunction"]["Properties"]["Environment"]["Variables"]
        (machine,) = (name for name in found if name.startswith("JudgeSyncStateMachineVersion"))
        (front_door,) = (name for name in found if name.startswith("MlfnIngressVersion"))
        return variables["MLFN_STATE_MACHINES"]["Fn::Sub"], machine, front_door

    one, other = deployed("sentiment"), deployed("sentiment", "other")

    assert one[0] == f'{{"judge": "${{{one[1]}}}"}}'
    assert other[0] == f'{{"judge": "${{{other[1]}}}"}}'
    assert one[2] != other[2]


@pytest.mark.parametrize(
    ("mode", "kind", "routes"),
    [
        (PipelineMode.SYNC, "EXPRESS", ["POST /pipelines/judge"]),
        (PipelineMode.ASYNC, "STANDARD", ["POST /pipelines/judge", "GET /pipelines/judge/{execution}"]),
    ],
)
def test_a_pipelines_mode_decides_its_type_and_routes(
    graphs: Graphs, mode: PipelineMode, kind: str, routes: list[str]
) -> None:
    graph = graphs.app(graphs.model(), pipelines=(graphs.pipeline("judge", ["sentiment"], mode=mode),))
    found = graphs.render(graph)
    keys = [one["Properties"]["RouteKey"] for one in found.values() if one["Type"] == "AWS::ApiGatewayV2::Route"]

    assert found[f"Judge{mode.capitalize()}StateMachine"]["Properties"]["StateMachineType"] == kind
    assert keys[1:] == routes


def test_pipelines_log_without_payloads(graphs: Graphs) -> None:
    machine = graphs.render(graphs.judge())["JudgeSyncStateMachine"]["Properties"]

    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False


def test_named_principals_get_a_policy_for_their_route_alone(graphs: Graphs) -> None:
    found = render_model(graphs, access=Access(principals=("arn:aws:iam::123456789012:role/caller",)))

    policy = found["SentimentInvokePolicy"]["Properties"]

    assert policy["ManagedPolicyName"] == "reviews-dev-sentiment-invoke"
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == "execute-api:Invoke"
    assert [one["Fn::Sub"].split(":")[-1] for one in statement["Resource"]] == ["${HttpApi}/*/POST/models/sentiment"]


@pytest.mark.parametrize(("timeout_s", "expected"), [(5, 6000), (29, 30000), (900, 30000)])
def test_the_api_waits_a_little_longer_than_the_function_runs(graphs: Graphs, timeout_s: int, expected: int) -> None:
    found = render_model(graphs, resources=Resources(timeout_s=timeout_s))

    assert found["SentimentIntegration"]["Properties"]["TimeoutInMillis"] == expected


@pytest.mark.parametrize("names", [("a", "a_lambda"), ("http_api",), ("judge_sync",)], ids="-".join)
def test_names_that_meet_in_the_template_are_refused(graphs: Graphs, names: tuple[str, ...]) -> None:
    models = [graphs.model(name) for name in names]
    graph = graphs.app(*models, pipelines=(graphs.pipeline("judge", [names[0]]),))

    with pytest.raises(RenderError, match=r"would be used twice|is used twice"):
        render_app(graph, graphs.versions(graph))


def test_an_app_that_one_stack_cannot_hold_is_refused_before_anything_is_pushed(graphs: Graphs) -> None:
    graph = graphs.app(*(graphs.model(f"model_{number}") for number in range(60)))

    with pytest.raises(RenderError, match=r"has 6\d\d resources; CloudFormation takes 500") as caught:
        render_app(graph, graphs.versions(graph))

    assert "Split the app" in caught.value.hint


def test_an_archive_is_read_from_the_data_bucket_and_started_by_its_own_program(graphs: Graphs) -> None:
    graph = graphs.app(graphs.model(package=PackageType.ZIP))

    template = render_app(graph, graphs.versions(graph), {"sentiment": "python3.12"})
    function = graphs.resources(template)["SentimentFunction"]["Properties"]

    assert function["PackageType"] == "Zip"
    assert function["Runtime"] == "python3.12"
    key, digest = ({"Fn::Select": [place, {"Fn::Split": ["@", {"Ref": "SentimentImage"}]}]} for place in (0, 1))
    assert function["Code"] == {"S3Bucket": {"Ref": "DataBucket"}, "S3Key": key}
    assert function["Environment"]["Variables"]["MLFN_IMAGE_DIGEST"] == digest
    assert function["Environment"]["Variables"]["AWS_LAMBDA_EXEC_WRAPPER"] == "/var/task/.mlfn/start"


def test_another_python_below_an_archive_makes_another_version(graphs: Graphs) -> None:
    graph = graphs.app(graphs.model(package=PackageType.ZIP))

    old, new = (
        version_ids(graphs.resources(render_app(graph, graphs.versions(graph), {"sentiment": runtime})))
        for runtime in ("python3.12", "python3.13")
    )

    assert old != new


def test_an_archive_without_a_runtime_and_an_image_with_one_are_refused(graphs: Graphs) -> None:
    for package, runtimes in ((PackageType.ZIP, {}), (PackageType.IMAGE, {"sentiment": "python3.12"})):
        graph = graphs.app(graphs.model(package=package))
        with pytest.raises(RenderError, match="'sentiment'"):
            render_app(graph, graphs.versions(graph), runtimes)
