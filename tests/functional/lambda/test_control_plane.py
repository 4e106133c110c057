"""Functions, versions, aliases and permissions behave and refuse as Lambda's do."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.lambda_lab import PYTHON, ROLE

from mlfn_localstack.service import Caller, ServiceError

if TYPE_CHECKING:
    from tests.fixtures.lambda_lab import Lab, Run

ECHO = "def handler(event, context):\n    return event"
OTHER = "def handler(event, context):\n    return 'other'"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


def refusal(run: Run, operation: str, **params: Any) -> ServiceError:
    """How an operation on a function `f` with version 1 and alias `live` is refused."""

    async def scenario(lab: Lab) -> None:
        await lab.create(ECHO)
        await lab.do("PublishVersion")
        await lab.do("CreateAlias", Name="live", FunctionVersion="1")
        await lab.do(operation, **params)

    with pytest.raises(ServiceError) as caught:
        run(scenario)
    return caught.value


def test_a_new_function_is_pending_in_the_answer_and_active_after_it(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        created = await lab.create(ECHO, Tags={"a": "b"}, Environment={"Variables": {"MODE": "x"}})
        return created, await lab.do("GetFunction")

    created, shown = run(scenario)

    assert (created["State"], created["StateReasonCode"], "LastUpdateStatus" in created) == (
        "Pending",
        "Creating",
        False,
    )
    configuration = shown["Configuration"]
    assert (configuration["State"], configuration["LastUpdateStatus"]) == ("Active", "Successful")
    assert (configuration["Timeout"], configuration["Version"], configuration["FunctionArn"]) == (3, "$LATEST", ARN)
    assert "Handler" not in configuration and "Runtime" not in configuration
    assert shown["Code"]["RepositoryType"] == "ECR"
    assert shown["Code"]["ResolvedImageUri"].endswith(configuration["CodeSha256"])
    assert shown["Tags"] == {"a": "b"}


def test_a_network_is_kept_shown_and_taken_away(run: Run) -> None:
    vpc = {"SubnetIds": ["subnet-01234567"], "SecurityGroupIds": ["sg-01234567"]}

    async def scenario(lab: Lab) -> Any:
        await lab.create(ECHO, VpcConfig=vpc)
        shown = await lab.do("GetFunctionConfiguration")
        await lab.do("UpdateFunctionConfiguration", VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})
        return shown["VpcConfig"], (await lab.do("GetFunctionConfiguration"))["VpcConfig"]

    kept, left = run(scenario)

    assert {name: kept[name] for name in vpc} == vpc
    assert kept["VpcId"].startswith("vpc-")
    assert left == {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": "", "Ipv6AllowedForDualStack": False}


def test_unchanged_content_publishes_no_new_version(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(ECHO)
        first = await lab.do("PublishVersion", Description="one")
        again = await lab.do("PublishVersion", Description="two")
        await lab.do("UpdateFunctionConfiguration", MemorySize=512)
        return first, again, await lab.do("PublishVersion"), await lab.do("ListVersionsByFunction")

    first, again, changed, listed = run(scenario)

    assert first == again
    assert (first["Version"], first["FunctionArn"], first["Description"]) == ("1", f"{ARN}:1", "one")
    assert (changed["Version"], changed["MemorySize"]) == ("2", 512)
    assert [version["Version"] for version in listed["Versions"]] == ["$LATEST", "1", "2"]


def test_versions_are_immutable_and_their_numbers_never_reused(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(ECHO)
        await lab.do("PublishVersion")
        await lab.do("UpdateFunctionCode", ImageUri=lab.push(OTHER), Publish=True)
        old = await lab.invoke("x", Qualifier="1")
        await lab.do("DeleteFunction")
        await lab.create(ECHO)
        return old[0], (await lab.do("PublishVersion"))["Version"]

    assert run(scenario) == ("x", "3")


def test_an_alias_moves_only_for_who_knows_its_revision(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(ECHO)
        await lab.do("PublishVersion")
        alias = await lab.do("CreateAlias", Name="live", FunctionVersion="1", Description="d")
        await lab.do("UpdateFunctionCode", ImageUri=lab.push(OTHER), Publish=True)
        moved = await lab.do("UpdateAlias", Name="live", FunctionVersion="2", RevisionId=alias["RevisionId"])
        with pytest.raises(ServiceError) as caught:
            await lab.do("UpdateAlias", Name="live", FunctionVersion="1", RevisionId=alias["RevisionId"])
        return alias, moved, caught.value, await lab.do("GetAlias", Name="live")

    alias, moved, stale, shown = run(scenario)

    assert (alias["AliasArn"], "RoutingConfig" in alias) == (f"{ARN}:live", False)
    assert shown == moved
    assert (moved["FunctionVersion"], moved["Description"]) == ("2", "d")
    assert (stale.code, stale.status) == ("PreconditionFailedException", 412)


@pytest.mark.parametrize(
    ("operation", "params", "code", "message"),
    [
        ("GetFunction", {"Qualifier": "9"}, "ResourceNotFoundException", f"Function not found: {ARN}:9"),
        ("GetFunction", {"Qualifier": "no"}, "ResourceNotFoundException", f"Function not found: {ARN}:no"),
        ("GetAlias", {"Name": "no"}, "ResourceNotFoundException", f"Cannot find alias arn: {ARN}:no"),
        (
            "CreateAlias",
            {"Name": "live", "FunctionVersion": "1"},
            "ResourceConflictException",
            f"Alias already exists: {ARN}:live",
        ),
        (
            "CreateAlias",
            {"Name": "x", "FunctionVersion": "7"},
            "ResourceNotFoundException",
            f"Function not found: {ARN}:7",
        ),
        (
            "CreateAlias",
            {"Name": "x", "FunctionVersion": "$LATEST", "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}}},
            "InvalidParameterValueException",
            "$LATEST is not supported for an alias pointing to more than 1 version",
        ),
        (
            "DeleteFunction",
            {"Qualifier": "$LATEST"},
            "InvalidParameterValueException",
            "$LATEST version cannot be deleted without deleting the function.",
        ),
        ("DeleteFunction", {"Qualifier": "1"}, "ResourceConflictException", "Version 1 is being used by the following"),
        ("UpdateFunctionConfiguration", {"Timeout": 901}, "ValidationException", "Value '901' at 'timeout' failed"),
        ("UpdateFunctionConfiguration", {"MemorySize": 64}, "ValidationException", "greater than or equal to 128"),
        (
            "UpdateFunctionConfiguration",
            {"VpcConfig": {"SubnetIds": ["s"]}},
            "InvalidParameterValueException",
            "must coexist or be both empty list",
        ),
        (
            "UpdateFunctionConfiguration",
            {"Environment": {"Variables": {"AWS_REGION": "x"}}},
            "InvalidParameterValueException",
            "Reserved keys used in this request: AWS_REGION",
        ),
        (
            "UpdateFunctionConfiguration",
            {"Environment": {"Variables": {"BIG": "x" * 4096}}},
            "InvalidParameterValueException",
            "exceeded the 4KB limit",
        ),
        ("PublishVersion", {"RevisionId": "stale"}, "PreconditionFailedException", "does not match the latest"),
        (
            "PublishVersion",
            {"CodeSha256": "other"},
            "InvalidParameterValueException",
            "CodeSHA256 (other) is different",
        ),
        (
            "UpdateFunctionCode",
            {"ImageUri": "h/none:1"},
            "InvalidParameterValueException",
            "Source image h/none:1 does",
        ),
        (
            "PutFunctionConcurrency",
            {"ReservedConcurrentExecutions": 901},
            "InvalidParameterValueException",
            "UnreservedConcurrentExecution below its minimum value of [100]",
        ),
        (
            "PutProvisionedConcurrencyConfig",
            {"Qualifier": "$LATEST", "ProvisionedConcurrentExecutions": 1},
            "InvalidParameterValueException",
            "cannot be applied to unpublished function versions",
        ),
        (
            "GetProvisionedConcurrencyConfig",
            {"Qualifier": "1"},
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
        ),
        ("GetPolicy", {}, "ResourceNotFoundException", "The resource you requested does not exist."),
        ("GetFunctionEventInvokeConfig", {}, "ResourceNotFoundException", "doesn't have an EventInvokeConfig"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_lambda_refuses_is_refused_in_its_words(
    run: Run, operation: str, params: dict[str, Any], code: str, message: str
) -> None:
    error = refusal(run, operation, **params)

    assert error.code == code
    assert message in error.message


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        ({"Role": "nobody"}, "ValidationException", "Value 'nobody' at 'role' failed to satisfy constraint"),
        (
            {"Role": "arn:aws:iam::000000000000:role/missing"},
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
        ),
        ({"Handler": "a.b"}, "InvalidParameterValueException", "Please don't provide Handler"),
        ({"Layers": ["l"]}, "InvalidParameterValueException", "Please don't provide Layer"),
        (
            {"PackageType": "Zip", "Code": {"ZipFile": b"x"}},
            "InvalidParameterValueException",
            "Runtime and Handler are mandatory",
        ),
        (
            {"PackageType": "Zip", "Code": {"ZipFile": b"x"}, "Runtime": PYTHON, "Handler": "a.b"},
            "InvalidParameterValueException",
            "Could not unzip uploaded file",
        ),
    ],
    ids=str,
)
def test_a_function_that_cannot_be_is_not_created(run: Run, params: dict[str, Any], code: str, message: str) -> None:
    async def scenario(lab: Lab) -> Any:
        with pytest.raises(ServiceError) as caught:
            await lab.create(ECHO, **params)
        return caught.value, (await lab.run("lambda", "ListFunctions", {}))["Functions"]

    error, functions = run(scenario)

    assert (error.code, message in error.message, functions) == (code, True, [])


def test_a_function_exists_once(run: Run) -> None:
    error = refusal(run, "CreateFunction", PackageType="Image", Code={"ImageUri": "x/y"}, Role=ROLE)

    assert (error.code, error.status, error.message) == ("ResourceConflictException", 409, "Function already exist: f")


@pytest.mark.parametrize(
    ("labels", "config", "message"),
    [
        ({}, {}, "needs the podman, docker or bwrap runner"),
        ({"org.opencontainers.image.base.name": "public.ecr.aws/lambda/python:3.12"}, {}, "public.ecr.aws/lambda"),
    ],
    ids=["no-label", "lambda-base"],
)
def test_an_image_that_needs_another_runner_says_which(run: Run, labels: Any, config: Any, message: str) -> None:
    async def scenario(lab: Lab) -> None:
        await lab.create(ECHO, Code={"ImageUri": lab.push(ECHO, Labels=labels, **config)})

    with pytest.raises(ServiceError, match="Source image is not valid") as caught:
        run(scenario)
    assert message in caught.value.message


def test_permissions_belong_to_one_qualifier(run: Run) -> None:
    statement = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}

    async def scenario(lab: Lab) -> Any:
        await lab.create(ECHO)
        await lab.do("PublishVersion")
        await lab.do("CreateAlias", Name="live", FunctionVersion="1")
        added = await lab.do("AddPermission", Qualifier="live", SourceArn="arn:aws:events:*:*:rule/a*", **statement)
        policy = json.loads((await lab.do("GetPolicy", Qualifier="live"))["Policy"])
        calls = [("live", "rule/abc"), ("live", "rule/b"), (None, "rule/abc")]
        return json.loads(added["Statement"]), policy, [await _may(lab, *call) for call in calls]

    added, policy, allowed = run(scenario)

    assert policy == {"Version": "2012-10-17", "Id": "default", "Statement": [added]}
    assert added == {
        "Sid": "s",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": f"{ARN}:live",
        "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:events:*:*:rule/a*"}},
    }
    assert allowed == [True, False, False]


async def _may(lab: Lab, qualifier: str | None, rule: str) -> bool:
    """Whether a rule may invoke the function."""
    params = {"FunctionName": "f", "Payload": b"{}", **({"Qualifier": qualifier} if qualifier else {})}
    caller = Caller(arn="events.amazonaws.com", account_id="", user_id="", access_key="")
    try:
        await lab.run("lambda", "Invoke", params, caller, f"arn:aws:events:us-east-1:0:{rule}")
    except ServiceError as error:
        assert (error.code, error.status) == ("AccessDeniedException", 403)
        return False
    return True


def test_a_weighted_alias_and_provisioned_concurrency_exclude_each_other(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(ECHO)
        await lab.do("PublishVersion")
        await lab.do("UpdateFunctionCode", ImageUri=lab.push(OTHER), Publish=True)
        weights = {"AdditionalVersionWeights": {"2": 0.1}}
        await lab.do("CreateAlias", Name="live", FunctionVersion="1", RoutingConfig=weights)
        with pytest.raises(ServiceError) as caught:
            await lab.do("PutProvisionedConcurrencyConfig", Qualifier="live", ProvisionedConcurrentExecutions=1)
        await lab.do("CreateAlias", Name="a", FunctionVersion="1")
        await lab.do("CreateAlias", Name="b", FunctionVersion="1")
        await lab.do("PutProvisionedConcurrencyConfig", Qualifier="a", ProvisionedConcurrentExecutions=1)
        with pytest.raises(ServiceError) as twice:
            await lab.do("PutProvisionedConcurrencyConfig", Qualifier="b", ProvisionedConcurrentExecutions=1)
        with pytest.raises(ServiceError) as weighted:
            await lab.do("UpdateAlias", Name="a", RoutingConfig=weights)
        return caught.value.message, twice.value.code, weighted.value.message

    excluded = "Alias with weights can not be used with Provisioned Concurrency"
    assert run(scenario) == (excluded, "ResourceConflictException", excluded)


def test_a_zip_with_a_bootstrap_runs(run: Run) -> None:
    script = """#!/bin/sh
while true; do
  id=$(curl -sD - -o /tmp/event.$$ "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next" \\
    | tr -d '\\r' | sed -n 's/^Lambda-Runtime-Aws-Request-Id: //p')
  curl -s -X POST -d '"from sh"' "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response" >/dev/null
done
"""

    async def scenario(lab: Lab) -> Any:
        await lab.create(
            "",
            PackageType="Zip",
            Runtime="provided.al2023",
            Handler="any",
            Code={"ZipFile": zip_of({"bootstrap": script})},
        )
        return (await lab.invoke())[0]

    assert run(scenario) == "from sh"


def zip_of(files: dict[str, str]) -> bytes:
    """A zip archive of executable text files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, text)
    return buffer.getvalue()


def test_updates_of_one_function_exclude_each_other(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(ECHO)
        updates = (lab.do("UpdateFunctionCode", ImageUri=lab.push(code)) for code in (OTHER, ECHO + "\n"))
        return await asyncio.gather(*updates, return_exceptions=True)

    fine, refused = run(scenario)

    assert fine["LastUpdateStatus"] == "InProgress"
    assert isinstance(refused, ServiceError)
    assert f"An update is in progress for resource: {ARN}" in refused.message
