"""AWS::SecretsManager::Secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.target import Target

RESOURCES: dict[str, Any] = {
    "Given": {
        "Type": "AWS::SecretsManager::Secret",
        "Properties": {"SecretString": {"Ref": "Value"}, "Tags": [{"Key": "team", "Value": "a"}]},
    },
    "Generated": {
        "Type": "AWS::SecretsManager::Secret",
        "Properties": {
            "Description": "made up",
            "GenerateSecretString": {
                "SecretStringTemplate": '{"username": "admin"}',
                "GenerateStringKey": "password",
                "PasswordLength": 20,
                "ExcludePunctuation": True,
            },
        },
    },
}
TEMPLATE = {
    "Parameters": {"Value": {"Type": "String", "NoEcho": True}},
    "Resources": RESOURCES,
    "Outputs": {name: {"Value": {"Ref": name}} for name in RESOURCES},
}


@pytest.fixture
def outputs(target: Target, name: str) -> Iterator[Any]:
    """Makes or changes the stack: `outputs("value")` gives the secrets' ARNs."""
    client = target.client("cloudformation")
    made: list[str] = []

    def settle(value: str) -> dict[str, str]:
        given = [{"ParameterKey": "Value", "ParameterValue": value}]
        action, waiter = ("update", "stack_update_complete") if made else ("create", "stack_create_complete")
        getattr(client, f"{action}_stack")(StackName=name, TemplateBody=json.dumps(TEMPLATE), Parameters=given)
        made.append(name)
        client.get_waiter(waiter).wait(StackName=name, WaiterConfig={"Delay": 1})
        found = client.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
        return {each["OutputKey"]: each["OutputValue"] for each in found}

    yield settle
    client.delete_stack(StackName=name)
    client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def test_a_stack_gives_secrets_their_values_and_changes_only_what_differs(secretsmanager: Any, outputs: Any) -> None:
    arns = outputs("first")
    generated = secretsmanager.get_secret_value(SecretId=arns["Generated"])["SecretString"]
    first = secretsmanager.get_secret_value(SecretId=arns["Given"])["SecretString"]

    again = outputs("second")

    assert again == arns
    assert first == "first"
    assert secretsmanager.get_secret_value(SecretId=arns["Given"])["SecretString"] == "second"
    made = json.loads(generated)
    assert (made["username"], len(made["password"])) == ("admin", 20)
    assert secretsmanager.get_secret_value(SecretId=arns["Generated"])["SecretString"] == generated
    tags = secretsmanager.describe_secret(SecretId=arns["Given"])["Tags"]
    assert {"Key": "team", "Value": "a"} in tags
