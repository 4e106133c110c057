"""The Parameter Store as boto3 sees it: names, versions, secure values and who may read them."""

from __future__ import annotations

import json
import uuid
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def ssm(emulator: Any) -> Any:
    """The Parameter Store."""
    return emulator.client("ssm")


@pytest.fixture
def name() -> str:
    """A path of one's own."""
    return f"/conformance/{uuid.uuid4().hex[:8]}"


def refusal(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_parameter_has_numbered_versions(ssm: Any, name: str) -> None:
    first = ssm.put_parameter(Name=name, Value="one", Type="String", Description="d")
    with pytest.raises(ClientError) as taken:
        ssm.put_parameter(Name=name, Value="two", Type="String")
    second = ssm.put_parameter(Name=name, Value="two", Overwrite=True)

    found = ssm.get_parameter(Name=name)["Parameter"]
    assert (first["Version"], first["Tier"], second["Version"]) == (1, "Standard", 2)
    assert refusal(taken) == (
        "ParameterAlreadyExists",
        "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
    )
    assert {key: found[key] for key in ("Name", "Type", "Value", "Version", "DataType", "ARN")} == {
        "Name": name,
        "Type": "String",
        "Value": "two",
        "Version": 2,
        "DataType": "text",
        "ARN": f"arn:aws:ssm:us-east-1:000000000000:parameter{name}",
    }
    assert ssm.get_parameter(Name=f"{name}:1")["Parameter"]["Value"] == "one"
    assert ssm.get_parameter(Name=found["ARN"])["Parameter"]["Value"] == "two"
    with pytest.raises(ClientError, match="ParameterVersionNotFound"):
        ssm.get_parameter(Name=f"{name}:7")


def test_a_secure_value_opens_with_decryption_alone(ssm: Any, name: str) -> None:
    ssm.put_parameter(Name=name, Value="hidden", Type="SecureString")

    assert ssm.get_parameter(Name=name)["Parameter"]["Value"] != "hidden"
    assert ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == "hidden"
    filters = [{"Key": "Name", "Values": [name]}]
    (told,) = ssm.describe_parameters(ParameterFilters=filters)["Parameters"]
    assert (told["Type"], told["KeyId"], "Value" in told) == ("SecureString", "alias/aws/ssm", False)


def test_a_key_of_ones_own_is_used_in_the_readers_name(emulator: Any, ssm: Any, name: str) -> None:
    kms, iam = emulator.client("kms"), emulator.client("iam")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    ssm.put_parameter(Name=name, Value="hidden", Type="SecureString", KeyId=key)
    user = f"reader-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=user)
    pair = iam.create_access_key(UserName=user)["AccessKey"]
    reader = emulator.client(
        "ssm", aws_access_key_id=pair["AccessKeyId"], aws_secret_access_key=pair["SecretAccessKey"]
    )
    arn = f"arn:aws:ssm:us-east-1:000000000000:parameter{name}"

    def allow(policy: str, action: str, resource: str, **more: Any) -> None:
        statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
        text = json.dumps({"Version": "2012-10-17", "Statement": statement})
        iam.put_user_policy(UserName=user, PolicyName=policy, PolicyDocument=text)

    with pytest.raises(ClientError, match="AccessDeniedException"):
        reader.get_parameter(Name=name, WithDecryption=True)
    allow("reads", "ssm:GetParameter", arn)
    with pytest.raises(ClientError, match="kms:Decrypt"):
        reader.get_parameter(Name=name, WithDecryption=True)
    through = {"kms:ViaService": "ssm.us-east-1.amazonaws.com", "kms:EncryptionContext:PARAMETER_ARN": arn}
    allow("uses", "kms:Decrypt", key, Condition={"StringEquals": through})

    assert reader.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == "hidden"
    with pytest.raises(ClientError, match="AccessDeniedException"):
        reader.get_parameter(Name=f"{name}-other", WithDecryption=True)
    kms.disable_key(KeyId=key)
    with pytest.raises(ClientError, match="InvalidKeyId"):
        ssm.get_parameter(Name=name, WithDecryption=True)


def test_several_are_read_by_name_and_by_path(ssm: Any, name: str) -> None:
    for number in range(12):
        ssm.put_parameter(Name=f"{name}/p{number:02}", Value=str(number), Type="String")
    ssm.put_parameter(Name=f"{name}/deep/p", Value="x", Type="StringList")

    many = ssm.get_parameters(Names=[f"{name}/p00", f"{name}/none", f"{name}/p01"])
    pages = list(ssm.get_paginator("get_parameters_by_path").paginate(Path=name))
    every = [
        each["Name"]
        for page in ssm.get_paginator("get_parameters_by_path").paginate(Path=name, Recursive=True)
        for each in page["Parameters"]
    ]

    assert [each["Value"] for each in many["Parameters"]] == ["0", "1"]
    assert many["InvalidParameters"] == [f"{name}/none"]
    assert [len(page["Parameters"]) for page in pages] == [10, 2]
    assert len(every) == 13


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"Name": "aws/x"}, "ValidationException", id="a path without its slash"),
        pytest.param({"Name": "/aws/x"}, "ValidationException", id="a reserved name"),
        pytest.param({"Name": "ssm-x"}, "ValidationException", id="another reserved name"),
        pytest.param(
            {"Name": "/" + "/".join("abcdefghijklmnop")}, "HierarchyLevelLimitExceededException", id="too deep"
        ),
        pytest.param({"Value": "x" * 4097}, "ValidationException", id="too large"),
        pytest.param({"AllowedPattern": "^[0-9]+$"}, "ParameterPatternMismatchException", id="another pattern"),
        pytest.param({"Type": "SecureString", "KeyId": "alias/nobody"}, "InvalidKeyId", id="no such key"),
    ],
)
def test_what_cannot_be_is_refused(ssm: Any, name: str, change: dict[str, str], code: str) -> None:
    with pytest.raises(ClientError) as caught:
        ssm.put_parameter(**{"Name": name, "Value": "x", "Type": "String", **change})

    assert refusal(caught)[0] == code


def test_a_larger_value_needs_the_advanced_tier(ssm: Any, name: str) -> None:
    assert (
        ssm.put_parameter(Name=name, Value="x" * 4097, Type="String", Tier="Intelligent-Tiering")["Tier"] == "Advanced"
    )


def test_parameters_are_tagged_found_and_removed(ssm: Any, name: str) -> None:
    ssm.put_parameter(Name=name, Value="x", Type="String", Tags=[{"Key": "team", "Value": name}])
    ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId=name, Tags=[{"Key": "more", "Value": "1"}])
    ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId=name, TagKeys=["more"])

    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
    found = ssm.describe_parameters(ParameterFilters=[{"Key": "tag:team", "Values": [name]}])["Parameters"]
    begins = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Option": "BeginsWith", "Values": [name]}])
    gone = ssm.delete_parameters(Names=[name, f"{name}-none"])

    assert tags == [{"Key": "team", "Value": name}]
    assert [each["Name"] for each in found] == [name] == [each["Name"] for each in begins["Parameters"]]
    assert (gone["DeletedParameters"], gone["InvalidParameters"]) == ([name], [f"{name}-none"])
    with pytest.raises(ClientError, match="ParameterNotFound"):
        ssm.delete_parameter(Name=name)


@pytest.mark.parametrize("kind", ["lambda", "ssm"])
def test_the_arn_of_something_else_is_no_parameters(ssm: Any, kind: str) -> None:
    arn = f"arn:aws:{kind}:us-east-1:000000000000:document/x"

    with pytest.raises(ClientError) as caught:
        ssm.get_parameter(Name=arn)

    assert refusal(caught)[0] == "ParameterNotFound"
    assert ssm.get_parameters(Names=[arn])["InvalidParameters"] == [arn]


def test_every_operation_there_is_answers_in_botocores_shapes(ssm: Any, name: str) -> None:
    model = boto3.session.Session(region_name="us-east-1").client("ssm").meta.service_model
    ssm.put_parameter(Name=name, Value="x", Type="SecureString")
    answers = {
        "GetParameter": ssm.get_parameter(Name=name),
        "GetParameters": ssm.get_parameters(Names=[name]),
        "DescribeParameters": ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [name]}]),
        "DeleteParameter": ssm.delete_parameter(Name=name),
    }

    for operation, answer in answers.items():
        known = model.operation_model(operation).output_shape.members
        assert set(answer) - {"ResponseMetadata"} <= set(known)


def test_older_filters_go_by_beginnings_of_names(ssm: Any, name: str) -> None:
    ssm.put_parameter(Name=f"{name}/text", Value="v", Type="String")
    ssm.put_parameter(Name=f"{name}/list", Value="v,w", Type="StringList")

    def found(*filters: dict[str, Any]) -> list[str]:
        by_name = {"Key": "Name", "Values": [name]}
        return [each["Name"] for each in ssm.describe_parameters(Filters=[by_name, *filters])["Parameters"]]

    assert found() == [f"{name}/list", f"{name}/text"]
    assert found({"Key": "Type", "Values": ["StringList"]}) == [f"{name}/list"]
    with pytest.raises(ClientError) as both:
        ssm.describe_parameters(Filters=[{"Key": "Name", "Values": ["x"]}], ParameterFilters=[{"Key": "Name"}])
    assert refusal(both)[1] == "You can use either Filters or ParameterFilters in a single request."
