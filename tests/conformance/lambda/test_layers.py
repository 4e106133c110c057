"""Layers as AWS was recorded (2022 to 2026)."""

from __future__ import annotations

import json
import urllib.request
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.refusals import refused
from tests.fixtures.zip_functions import TRUST, archive_of, create_function, role_for

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

ARN = "arn:aws:lambda:us-east-1:000000000000:layer:"
MISSING = (404, "ResourceNotFoundException", "The resource you requested does not exist.")
CODE = "def handler(event, context):\n    import layered\n    return layered.NAME"
CONTENT = {"ZipFile": archive_of({"python/layered.py": "NAME = 'of the layer'"})}


@pytest.fixture(scope="module")
def role(emulator: LiveEmulator) -> str:
    """A role that Lambda may take."""
    return role_for(emulator, "layers")


@pytest.fixture
def client(emulator: LiveEmulator) -> Any:
    """Lambda, as boto3 has it."""
    return emulator.client("lambda")


@pytest.fixture
def name() -> str:
    """A name of its own."""
    return f"l-{uuid.uuid4().hex[:12]}"


def publish(client: Any, name: str, **params: Any) -> dict[str, Any]:
    """What Lambda answers about a new version."""
    answer: dict[str, Any] = client.publish_layer_version(LayerName=name, Content=CONTENT, **params)
    assert answer.pop("ResponseMetadata")["HTTPStatusCode"] == 201
    return answer


def test_a_version_is_published_and_read(client: Any, name: str) -> None:
    settings = {"CompatibleRuntimes": ["python3.12"], "CompatibleArchitectures": ["x86_64"], "LicenseInfo": "MIT"}
    created = publish(client, name, Description="first", **settings)

    read = client.get_layer_version(LayerName=name, VersionNumber=1)
    by_arn = client.get_layer_version_by_arn(Arn=f"{ARN}{name}:1")

    assert created["LayerArn"] == f"{ARN}{name}"
    assert (created["LayerVersionArn"], created["Version"]) == (f"{ARN}{name}:1", 1)
    assert (created["Description"], {key: created[key] for key in settings}) == ("first", settings)
    location = created["Content"].pop("Location")
    assert created["Content"]["CodeSize"] == len(CONTENT["ZipFile"])
    with urllib.request.urlopen(location, timeout=10) as download:  # noqa: S310 - the emulator's
        assert download.read() == CONTENT["ZipFile"]
    for answer in (read, by_arn):
        del answer["ResponseMetadata"], answer["Content"]["Location"]
        assert answer == created


def test_what_is_not_said_of_a_version_is_not_shown(client: Any, name: str) -> None:
    bare = publish(client, name)
    empty = publish(client, name, CompatibleRuntimes=[], CompatibleArchitectures=[])

    assert set(bare) == {"Content", "LayerArn", "LayerVersionArn", "Description", "CreatedDate", "Version"}
    assert (bare["Description"], bare["Version"]) == ("", 1)
    assert (empty["CompatibleRuntimes"], empty["CompatibleArchitectures"], empty["Version"]) == ([], [], 2)


def test_versions_are_listed_newest_first_and_never_given_twice(client: Any, name: str) -> None:
    publish(client, name, CompatibleRuntimes=["python3.12"])
    publish(client, name)
    client.delete_layer_version(LayerName=name, VersionNumber=2)
    publish(client, f"{ARN}{name}", CompatibleArchitectures=["arm64"])

    listed = client.list_layer_versions(LayerName=name)["LayerVersions"]
    layers = {each["LayerName"]: each for each in client.list_layers()["Layers"]}
    fitting = client.list_layers(CompatibleRuntime="python3.12")["Layers"]

    assert [each["LayerVersionArn"] for each in listed] == [f"{ARN}{name}:3", f"{ARN}{name}:1"]
    assert "Content" not in listed[0]
    assert layers[name]["LatestMatchingVersion"] == listed[0]
    assert [each["LatestMatchingVersion"] for each in fitting if each["LayerName"] == name] == [listed[1]]
    (armed,) = client.list_layer_versions(LayerName=name, CompatibleArchitecture="arm64")["LayerVersions"]
    assert armed["Version"] == 3
    paged = client.list_layer_versions(LayerName=name, MaxItems=1)
    (rest,) = client.list_layer_versions(LayerName=name, Marker=paged["NextMarker"])["LayerVersions"]
    assert rest == listed[1]


def test_a_layer_without_versions_is_not_listed(client: Any, name: str) -> None:
    publish(client, name)
    deleted = client.delete_layer_version(LayerName=name, VersionNumber=1)

    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert client.list_layer_versions(LayerName=name)["LayerVersions"] == []
    assert name not in [each["LayerName"] for each in client.list_layers()["Layers"]]
    assert refused(client.get_layer_version, LayerName=name, VersionNumber=1) == MISSING
    again = client.delete_layer_version(LayerName=name, VersionNumber=1)
    assert again["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_versions_that_are_none_are_refused(client: Any, name: str) -> None:
    too_low = (400, "InvalidParameterValueException", "Layer Version Cannot be less than 1")

    assert refused(client.get_layer_version, LayerName=name, VersionNumber=1) == MISSING
    assert refused(client.get_layer_version_by_arn, Arn=f"{ARN}{name}:1") == MISSING
    for call in (client.get_layer_version, client.delete_layer_version):
        assert refused(call, LayerName=name, VersionNumber=-1) == too_low


def test_runtimes_and_architectures_that_are_none_are_refused(client: Any, name: str) -> None:
    given = {"LayerName": name, "Content": CONTENT}
    runtimes = refused(client.publish_layer_version, **given, CompatibleRuntimes=["python3.12", "cobol"])
    architectures = refused(client.publish_layer_version, **given, CompatibleArchitectures=["vax"])

    assert runtimes[1] == architectures[1] == "ValidationException"
    assert "Value '[python3.12, cobol]' at 'compatibleRuntimes' failed to satisfy constraint: " in runtimes[2]
    assert architectures[2].endswith(
        "Value '[vax]' at 'compatibleArchitectures' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64]]"
    )
    assert client.list_layer_versions(LayerName=name)["LayerVersions"] == []


def test_what_is_no_archive_is_refused(client: Any, name: str) -> None:
    _, code, text = refused(client.publish_layer_version, LayerName=name, Content={"ZipFile": b"text"})

    assert (code, text[:29]) == ("InvalidParameterValueException", "Could not unzip uploaded file")


def test_a_function_shows_and_runs_its_layers(client: Any, name: str, role: str) -> None:
    layer = publish(client, name)
    shown = [{"Arn": f"{ARN}{name}:1", "CodeSize": layer["Content"]["CodeSize"]}]
    usage = client.get_account_settings()["AccountUsage"]["TotalCodeSize"]

    created = create_function(client, name, role, CODE, Layers=[layer["LayerVersionArn"]])
    with_layer = json.load(client.invoke(FunctionName=name)["Payload"])
    removed = client.update_function_configuration(FunctionName=name, Layers=[])
    without = client.invoke(FunctionName=name)["FunctionError"]
    client.update_function_configuration(FunctionName=name, Layers=[layer["LayerVersionArn"]])
    unchanged = client.update_function_configuration(FunctionName=name, Description="described")

    assert (created["Layers"], with_layer) == (shown, "of the layer")
    assert ("Layers" in removed, without) == (False, "Unhandled")
    assert unchanged["Layers"] == client.get_function(FunctionName=name)["Configuration"]["Layers"] == shown
    assert json.load(client.invoke(FunctionName=name)["Payload"]) == "of the layer"
    grown = client.get_account_settings()["AccountUsage"]["TotalCodeSize"]
    assert grown == usage + created["CodeSize"]


def test_layers_that_a_function_cannot_have_are_refused(client: Any, name: str, role: str) -> None:
    arns = [publish(client, name)["LayerVersionArn"] for _ in range(6)]

    def refusal(*layers: str) -> tuple[int, str, str]:
        return refused(lambda: create_function(client, name, role, CODE, Layers=list(layers)))

    texts = {
        f"Layer version {ARN}{name}:7 does not exist.": [f"{ARN}{name}:7"],
        "Cannot reference more than 5 layers.": arns,
        "Two different versions of the same layer are not allowed to be referenced in the same function. "
        f"{arns[0]} and {arns[1]} are versions of the same layer.": arns[:3],
        "Layers are not in the same region as the function. Layers are expected to be in region us-east-1.": [
            arns[0].replace("us-east-1", "eu-central-1")
        ],
    }
    for text, layers in texts.items():
        assert refusal(*layers) == (400, "InvalidParameterValueException", text)
    assert refusal(f"{ARN}{name}")[1] == "ValidationException"
    assert refusal(arns[0].replace("000000000000", "111111111111"))[:2] == (403, "AccessDeniedException")


def test_extensions_are_refused_by_name(client: Any, name: str, role: str) -> None:
    content = {"ZipFile": archive_of({"extensions/agent": "#!/bin/sh"})}
    layer = client.publish_layer_version(LayerName=name, Content=content)["LayerVersionArn"]

    _, code, text = refused(lambda: create_function(client, name, role, CODE, Layers=[layer]))

    assert code == "InvalidParameterValueException"
    assert "extensions" in text


def test_code_and_layers_are_not_too_large_together(client: Any, name: str, role: str) -> None:
    half = archive_of({"zeros": "0" * 140_000_000}, compressed=True)
    layer = client.publish_layer_version(LayerName=name, Content={"ZipFile": half})["LayerVersionArn"]
    create_function(client, name, role, CODE, Layers=[layer])

    _, _, text = refused(client.update_function_code, FunctionName=name, ZipFile=half)

    assert text == (
        "Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. "
        "The actual size is 280000000 bytes."
    )


def test_a_policy_has_a_revision_of_its_own(client: Any, name: str) -> None:
    publish(client, name)
    on: dict[str, Any] = {"LayerName": name, "VersionNumber": 1}
    wanted = {**on, "Action": "lambda:GetLayerVersion", "Principal": "*"}

    nothing = refused(client.get_layer_version_policy, **on)
    added = client.add_layer_version_permission(**wanted, StatementId="s1")
    stale = refused(client.add_layer_version_permission, **wanted, StatementId="s2", RevisionId="other")
    twice = refused(client.add_layer_version_permission, **wanted, StatementId="s1")
    more = client.add_layer_version_permission(
        **wanted, StatementId="s2", OrganizationId="o-1234567890", RevisionId=added["RevisionId"]
    )
    policy = client.get_layer_version_policy(**on)

    assert nothing == (404, "ResourceNotFoundException", "No policy is associated with the given resource.")
    statement = {"Sid": "s1", "Effect": "Allow", "Principal": "*", "Action": "lambda:GetLayerVersion"}
    statement["Resource"] = f"{ARN}{name}:1"
    assert json.loads(added["Statement"]) == statement
    assert stale[1:] == (
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. "
        "Call the GetLayerPolicy API to retrieve the latest Revision Id",
    )
    assert twice[:2] == (409, "ResourceConflictException")
    assert json.loads(policy["Policy"])["Statement"] == [statement, json.loads(more["Statement"])]
    assert policy["RevisionId"] == more["RevisionId"]
    assert json.loads(more["Statement"])["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}


def test_statements_are_removed(client: Any, name: str) -> None:
    publish(client, name)
    on: dict[str, Any] = {"LayerName": name, "VersionNumber": 1}
    client.add_layer_version_permission(
        **on, StatementId="s1", Action="lambda:GetLayerVersion", Principal="123456789012"
    )

    unknown = refused(client.remove_layer_version_permission, **on, StatementId="s2")
    stale = refused(client.remove_layer_version_permission, **on, StatementId="s1", RevisionId="other")
    removed = client.remove_layer_version_permission(**on, StatementId="s1")

    assert unknown == (404, "ResourceNotFoundException", "Statement s2 is not found in resource policy.")
    assert stale[0] == 412
    assert removed["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(client.get_layer_version_policy, **on)[0] == 404


def test_versions_that_are_not_there_have_no_policy(client: Any, name: str) -> None:
    on: dict[str, Any] = {"LayerName": name, "VersionNumber": 1}
    added = {"StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": "*"}
    expected = (404, "ResourceNotFoundException", f"Layer version {ARN}{name}:1 does not exist.")

    assert refused(client.get_layer_version_policy, **on) == expected
    assert refused(client.add_layer_version_permission, **on, **added) == expected
    assert refused(client.remove_layer_version_permission, **on, StatementId="s") == expected


def test_policies_of_callers_count_for_the_layer(emulator: LiveEmulator, client: Any, name: str, role: str) -> None:
    layer = publish(client, name)["LayerVersionArn"]
    iam, trust = emulator.client("iam"), TRUST.replace('"Service": "lambda.amazonaws.com"', '"AWS": "000000000000"')
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    statements = [
        {"Effect": "Allow", "Action": ["lambda:CreateFunction", "iam:PassRole"], "Resource": "*"},
        {"Effect": "Allow", "Action": "lambda:GetLayerVersion", "Resource": f"{ARN}{name}:2"},
    ]
    iam.put_role_policy(
        RoleName=name,
        PolicyName="p",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
    )
    session = emulator.client("sts").assume_role(RoleArn=arn, RoleSessionName="caller")["Credentials"]
    limited = emulator.client(
        "lambda",
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )

    refusals = (
        refused(limited.get_layer_version, LayerName=name, VersionNumber=1),
        refused(limited.get_layer_version_by_arn, Arn=layer),
        refused(lambda: create_function(limited, name, role, CODE, Layers=[layer])),
    )
    for refusal in refusals:
        assert refusal[2].startswith(
            f"User: arn:aws:sts::000000000000:assumed-role/{name}/caller is not authorized to perform: "
            f"lambda:GetLayerVersion on resource: {layer} "
        )
    publish(client, name)
    assert limited.get_layer_version(LayerName=name, VersionNumber=2)["Version"] == 2


def test_a_stack_publishes_a_layer_and_gives_it_to_a_function(
    emulator: LiveEmulator, client: Any, name: str, role: str
) -> None:
    s3, stacks = emulator.client("s3"), emulator.client("cloudformation")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="layer.zip", Body=CONTENT["ZipFile"])
    function: dict[str, Any] = {"FunctionName": name, "Role": role, "Layers": [{"Ref": "Layer"}]}
    function |= {"Runtime": "provided.al2023", "Handler": "x", "Code": {"S3Bucket": name, "S3Key": "layer.zip"}}
    content = {"S3Bucket": name, "S3Key": "layer.zip"}
    may = {"LayerVersionArn": {"Ref": "Layer"}, "Action": "lambda:GetLayerVersion", "Principal": "123456789012"}
    resources: dict[str, Any] = {
        "Layer": {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": content, "LayerName": name}},
        "May": {"Type": "AWS::Lambda::LayerVersionPermission", "Properties": may},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
    }

    def deploy(operation: str) -> None:
        getattr(stacks, f"{operation}_stack")(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
        stacks.get_waiter(f"stack_{operation}_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1})

    deploy("create")
    first = client.get_function_configuration(FunctionName=name)["Layers"]
    policy = client.get_layer_version_policy(LayerName=name, VersionNumber=1)["Policy"]
    resources["Layer"]["Properties"]["Description"] = "changed"
    deploy("update")
    second = client.get_function_configuration(FunctionName=name)["Layers"]
    del function["Layers"]
    deploy("update")

    assert [first[0]["Arn"], second[0]["Arn"]] == [f"{ARN}{name}:1", f"{ARN}{name}:2"]
    assert json.loads(policy)["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert [each["Version"] for each in client.list_layer_versions(LayerName=name)["LayerVersions"]] == [2]
    assert "Layers" not in client.get_function_configuration(FunctionName=name)
