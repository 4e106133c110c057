"""What parameters held before, labels of their versions, and what lists are filtered by."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from tests.fixtures.refusals import refusal


@pytest.fixture
def ssm(emulator: Any) -> Any:
    return emulator.client("ssm")


@pytest.fixture
def name(ssm: Any) -> str:
    """A parameter with three versions."""
    path = f"/conformance/{uuid.uuid4().hex[:8]}/p"
    ssm.put_parameter(Name=path, Value="1", Type="String", Description="first")
    for value in ("2", "3"):
        ssm.put_parameter(Name=path, Value=value, Overwrite=True)
    return path


def labels(ssm: Any, name: str) -> list[list[str]]:
    return [each["Labels"] for each in ssm.get_parameter_history(Name=name)["Parameters"]]


def test_the_history_has_every_version_and_who_made_it(ssm: Any, name: str) -> None:
    found = ssm.get_parameter_history(Name=name)["Parameters"]

    assert [(each["Version"], each["Value"]) for each in found] == [(1, "1"), (2, "2"), (3, "3")]
    first = found[0]
    assert (first["Name"], first["Type"], first["Tier"], first["DataType"]) == (name, "String", "Standard", "text")
    assert (first["Description"], first["Labels"], first["Policies"]) == ("first", [], [])
    assert first["LastModifiedUser"].startswith("arn:aws:iam::")


def test_the_history_comes_in_pages_and_decrypts_when_asked(ssm: Any) -> None:
    name = f"/conformance/{uuid.uuid4().hex[:8]}/s"
    ssm.put_parameter(Name=name, Value="one", Type="SecureString")
    ssm.put_parameter(Name=name, Value="two", Overwrite=True)

    first = ssm.get_parameter_history(Name=name, MaxResults=1, WithDecryption=True)
    second = ssm.get_parameter_history(Name=name, MaxResults=1, NextToken=first["NextToken"])

    assert first["Parameters"][0]["Value"] == "one"
    assert second["Parameters"][0]["Value"] not in ("one", "two")
    assert "NextToken" not in second


def test_a_label_is_on_one_version_at_a_time(ssm: Any, name: str) -> None:
    first = ssm.label_parameter_version(Name=name, ParameterVersion=1, Labels=["live", "tested"])
    newest = ssm.label_parameter_version(Name=name, Labels=["live"])

    assert (first["InvalidLabels"], first["ParameterVersion"], newest["ParameterVersion"]) == ([], 1, 3)
    assert labels(ssm, name) == [["tested"], [], ["live"]]
    shown = ssm.get_parameter(Name=f"{name}:tested")["Parameter"]
    assert (shown["Value"], shown["Version"], shown["Selector"]) == ("1", 1, ":tested")


@pytest.mark.parametrize("label", ["1st", "aws-x", "SSM", "a b", "a/b"])
def test_what_no_version_is_called(ssm: Any, name: str, label: str) -> None:
    answer = ssm.label_parameter_version(Name=name, Labels=[label, "good"])

    assert answer["InvalidLabels"] == [label]
    assert labels(ssm, name)[-1] == ["good"]


def test_labels_are_taken_away(ssm: Any, name: str) -> None:
    ssm.label_parameter_version(Name=name, ParameterVersion=2, Labels=["a", "b"])

    answer = ssm.unlabel_parameter_version(Name=name, ParameterVersion=2, Labels=["b", "c"])

    assert (answer["RemovedLabels"], answer["InvalidLabels"]) == (["b"], ["c"])
    assert labels(ssm, name) == [[], ["a"], []]


def test_versions_that_are_not_there(ssm: Any, name: str) -> None:
    message = f"Systems Manager could not find version 9 of {name}. Verify the version and try again."

    for call in (ssm.label_parameter_version, ssm.unlabel_parameter_version):
        missing = refusal(call, Name=name, ParameterVersion=9, Labels=["a"])
        assert missing == ("ParameterVersionNotFound", message)


def test_a_version_has_at_most_ten_labels(ssm: Any, name: str) -> None:
    ssm.label_parameter_version(Name=name, Labels=[f"label{number}" for number in range(10)])

    code, _ = refusal(ssm.label_parameter_version, Name=name, Labels=["eleventh"])

    assert code == "ParameterVersionLabelLimitExceeded"


def test_the_oldest_version_stays_while_it_has_a_label(ssm: Any) -> None:
    name = f"/conformance/{uuid.uuid4().hex[:8]}/many"
    for number in range(100):
        ssm.put_parameter(Name=name, Value=str(number), Type="String", Overwrite=True)
    ssm.label_parameter_version(Name=name, ParameterVersion=1, Labels=["keep"])

    code, _ = refusal(ssm.put_parameter, Name=name, Value="x", Type="String", Overwrite=True)

    assert code == "ParameterMaxVersionLimitExceeded"
    ssm.label_parameter_version(Name=name, ParameterVersion=2, Labels=["keep"])
    assert ssm.put_parameter(Name=name, Value="x", Type="String", Overwrite=True)["Version"] == 101


def test_what_is_below_a_path_is_filtered(ssm: Any, name: str) -> None:
    path = name.rpartition("/")[0]
    ssm.put_parameter(Name=f"{path}/list", Value="a,b", Type="StringList")
    ssm.label_parameter_version(Name=name, ParameterVersion=2, Labels=["live"])

    def found(key: str, value: str) -> list[tuple[str, int]]:
        filters = [{"Key": key, "Option": "Equals", "Values": [value]}]
        listed = ssm.get_parameters_by_path(Path=path, ParameterFilters=filters)["Parameters"]
        return [(each["Name"], each["Version"]) for each in listed]

    assert found("Type", "StringList") == [(f"{path}/list", 1)]
    assert found("Label", "live") == [(name, 2)]


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        (
            [{"Key": "Label", "Values": ["x"]}],
            (
                "InvalidFilterKey",
                "The following filter key is not valid: Label."
                " Valid filter keys include: [Path, Name, Type, KeyId, Tier].",
            ),
        ),
        (
            [{"Key": "Name"}],
            ("InvalidFilterValue", "The following filter values are missing : null for filter key Name."),
        ),
        (
            [{"Key": "Type", "Values": ["x"]}],
            (
                "InvalidFilterValue",
                "The following filter value is not valid: x. Valid values include: [String, StringList, SecureString]",
            ),
        ),
        (
            [{"Key": "Path", "Option": "Equals", "Values": ["/x"]}],
            (
                "InvalidFilterOption",
                "The following filter option is not valid: Equals. Valid options include: [Recursive, OneLevel].",
            ),
        ),
        (
            [{"Key": "Name", "Values": ["x"]}, {"Key": "Name", "Values": ["y"]}],
            (
                "InvalidFilterKey",
                "The following filter is duplicated in the request: Name."
                " A request can contain only one occurrence of a specific filter.",
            ),
        ),
    ],
    ids=["label", "no values", "type", "path", "twice"],
)
def test_filters_that_are_refused(ssm: Any, filters: list[Any], told: tuple[str, str]) -> None:
    assert refusal(ssm.describe_parameters, ParameterFilters=filters) == told
