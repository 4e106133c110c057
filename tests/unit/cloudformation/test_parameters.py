"""Parameter values against their declarations."""

from __future__ import annotations

from typing import Any

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.parameters import parameter_values, shown, typed


def value(declared: dict[str, Any], text: str) -> dict[str, str]:
    return parameter_values({"P": declared}, [{"ParameterKey": "P", "ParameterValue": text}], {})


def test_given_values_come_before_defaults() -> None:
    declared: dict[str, Any] = {"A": {"Type": "String", "Default": "a"}, "B": {"Type": "String", "Default": 1}}

    assert parameter_values(declared, [{"ParameterKey": "A", "ParameterValue": ""}], {}) == {"A": "", "B": "1"}


def test_previous_values_are_used_only_when_asked_for() -> None:
    declared = {"A": {"Type": "String"}, "B": {"Type": "String", "Default": "new"}}
    given = [{"ParameterKey": "A", "UsePreviousValue": True}]

    assert parameter_values(declared, given, {"A": "old", "B": "old"}) == {"A": "old", "B": "new"}


def test_lists_are_split() -> None:
    declared = {"A": {"Type": "CommaDelimitedList"}}

    assert typed({"A": "a, b"}, declared) == {"A": ["a", "b"]}


def test_secrets_are_masked() -> None:
    declared = {"A": {"Type": "String", "NoEcho": "true"}}

    assert shown({"A": "secret"}, declared, {}) == [{"ParameterKey": "A", "ParameterValue": "****"}]


@pytest.mark.parametrize(
    ("declared", "text", "message"),
    [
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, "A", r"must match pattern \[a-z\]\+"),
        ({"Type": "String", "AllowedPattern": "a", "ConstraintDescription": "an a"}, "b", "constraint: an a"),
        ({"Type": "String", "AllowedValues": ["a"]}, "b", "must be one of AllowedValues"),
        ({"Type": "String", "MinLength": 2}, "a", "at least 2 characters"),
        ({"Type": "String", "MaxLength": "1"}, "ab", "at most 1 characters"),
        ({"Type": "Number"}, "x", "must be a number"),
        ({"Type": "Number", "MinValue": 2}, "1", "not less than 2"),
        ({"Type": "Number", "MaxValue": 2}, "3", "not greater than 2"),
        ({"Type": "AWS::EC2::VPC::Id"}, "x", "does not support the parameter type AWS::EC2::VPC::Id"),
        ({"Type": "Text"}, "x", "Unrecognized parameter type"),
        ({"Type": "String", "Kind": 1}, "x", "Invalid template parameter property 'Kind'"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(declared: dict[str, Any], text: str, message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        value(declared, text)


def test_missing_and_unknown_parameters_are_named() -> None:
    with pytest.raises(ServiceError, match=r"Parameters: \[A\] must have values"):
        parameter_values({"A": {"Type": "String"}}, [], {})
    with pytest.raises(ServiceError, match=r"Parameters: \[B\] do not exist in the template"):
        parameter_values({}, [{"ParameterKey": "B", "ParameterValue": "x"}], {})
