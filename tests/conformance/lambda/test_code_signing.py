"""Code signing configurations, as AWS was recorded (2025), and what becomes of code that nobody signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.fixtures.zip_functions import archive, create_function, role_for

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

CODE = "def handler(event, context):\n    return event"
PUBLISHERS = {"SigningProfileVersionArns": ["arn:aws:signer:us-east-1:000000000000:/signing-profiles/test"]}
WARN, ENFORCE = ({"UntrustedArtifactOnDeployment": policy} for policy in ("Warn", "Enforce"))
MISSING = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0000000000000000a"
UNSIGNED = (
    "Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not "
    "configured to accept. Check the provided signature for {}."
)


@pytest.fixture(scope="module")
def role(emulator: LiveEmulator) -> str:
    """A role that Lambda may take."""
    return role_for(emulator, "signing")


@pytest.fixture(scope="module")
def client(emulator: LiveEmulator) -> Any:
    return emulator.client("lambda", config=Config(retries={"total_max_attempts": 1}, parameter_validation=False))


def made(client: Any, **params: Any) -> str:
    """The ARN of a new configuration."""
    created = client.create_code_signing_config(AllowedPublishers=PUBLISHERS, **params)
    return str(created["CodeSigningConfig"]["CodeSigningConfigArn"])


def refusal(operation: Any, **params: Any) -> dict[str, Any]:
    """All that an operation says when it refuses."""
    with pytest.raises(ClientError) as caught:
        operation(**params)
    return dict(caught.value.response)


def test_a_configuration_is_shown_as_it_was_made_and_changed(client: Any) -> None:
    created = client.create_code_signing_config(
        Description="tested", AllowedPublishers=PUBLISHERS, CodeSigningPolicies=ENFORCE
    )
    arn = created["CodeSigningConfig"]["CodeSigningConfigArn"]

    changed = client.update_code_signing_config(CodeSigningConfigArn=arn, CodeSigningPolicies=WARN)

    assert created["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert arn.endswith(f":code-signing-config:{created['CodeSigningConfig']['CodeSigningConfigId']}")
    expected = created["CodeSigningConfig"] | {
        "CodeSigningPolicies": WARN,
        "LastModified": changed["CodeSigningConfig"]["LastModified"],
    }
    assert changed["CodeSigningConfig"] == expected
    assert client.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"] == expected
    assert expected in client.list_code_signing_configs()["CodeSigningConfigs"]


def test_a_function_has_one_or_none(client: Any, role: str) -> None:
    create_function(client, "sometimes-signed", role, CODE)
    arn = made(client)

    without = client.get_function_code_signing_config(FunctionName="sometimes-signed")
    client.put_function_code_signing_config(FunctionName="sometimes-signed", CodeSigningConfigArn=arn)

    assert set(without) == {"ResponseMetadata"}
    assert client.get_function_code_signing_config(FunctionName="sometimes-signed")["CodeSigningConfigArn"] == arn
    (user,) = client.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)["FunctionArns"]
    assert user.endswith(":function:sometimes-signed")
    assert refusal(client.delete_code_signing_config, CodeSigningConfigArn=arn)["Error"]["Code"] == (
        "ResourceConflictException"
    )
    client.delete_function_code_signing_config(FunctionName="sometimes-signed")
    assert client.delete_code_signing_config(CodeSigningConfigArn=arn)["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_what_is_missing_is_named(client: Any, role: str) -> None:
    gone = refusal(client.get_code_signing_config, CodeSigningConfigArn=MISSING)
    unknown = refusal(client.put_function_code_signing_config, FunctionName="nobody", CodeSigningConfigArn=MISSING)
    nobody = refusal(client.delete_function_code_signing_config, FunctionName="nobody")

    assert gone["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": f"The Lambda code signing configuration {MISSING} can not be found.",
    }
    assert "Type" not in gone
    assert unknown["Error"] == {
        "Code": "CodeSigningConfigNotFoundException",
        "Message": "The code signing configuration cannot be found. Check that the provided configuration is not "
        f"deleted: {MISSING}.",
    }
    assert nobody["Error"]["Message"].startswith("Function not found: ")


def test_code_without_a_signature_is_refused_where_one_is_enforced(client: Any, role: str) -> None:
    arn = made(client, CodeSigningPolicies=ENFORCE)
    create_function(client, "enforced", role, CODE)
    client.put_function_code_signing_config(FunctionName="enforced", CodeSigningConfigArn=arn)

    update = refusal(client.update_function_code, FunctionName="enforced", ZipFile=archive(CODE + "\n"))
    created = refusal(
        client.create_function,
        FunctionName="never-made",
        Role=role,
        Runtime=client.get_function_configuration(FunctionName="enforced")["Runtime"],
        Handler="app.handler",
        Code={"ZipFile": archive(CODE)},
        CodeSigningConfigArn=arn,
    )

    code = "CodeVerificationFailedException"
    assert (update["Error"]["Code"], update["Error"]["Message"]) == (code, UNSIGNED.format("enforced"))
    assert (created["Error"]["Code"], created["Error"]["Message"]) == (code, UNSIGNED.format("never-made"))
    client.update_code_signing_config(CodeSigningConfigArn=arn, CodeSigningPolicies=WARN)
    client.update_function_code(FunctionName="enforced", ZipFile=archive(CODE + "\n"))


def test_configurations_have_tags(client: Any) -> None:
    arn = made(client, Tags={"a": "1"})

    client.tag_resource(Resource=arn, Tags={"b": "2"})
    client.untag_resource(Resource=arn, TagKeys=["a"])

    assert client.list_tags(Resource=arn)["Tags"] == {"b": "2"}
