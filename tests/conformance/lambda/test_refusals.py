"""What Lambda refuses, word for word as AWS was recorded to (2022 to 2026)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.fixtures.zip_functions import create_function, role_for

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

NAME = "refusals"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
NOT_FOUND, INVALID, BROKEN = "ResourceNotFoundException", "InvalidParameterValueException", "ValidationException"
NO_FUNCTION = "The function doesn't exist."
OTHER_QUALIFIER = "The derived qualifier from the function name does not match the specified qualifier."
EITHER = "The function resource provided must be an alias or a published version."
STALE = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetPolicy API to retrieve the latest Revision Id"
)
FUNCTIONS_ONLY = (
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
    "Please specify either a function name or an unqualified function ARN."
)
PERMISSION = {"Action": "lambda:InvokeFunction", "StatementId": "s", "Principal": "s3.amazonaws.com"}
RETRIES = {"MaximumRetryAttempts": 1}
WEIGHT_RANGE = (
    "Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, "
    "Member must not be null"
)


@pytest.fixture(scope="module")
def client(emulator: LiveEmulator) -> Any:
    """Lambda with a function of two versions, asked without boto3's own checks."""
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    functions = emulator.client("lambda", config=config)
    code = "def handler(event, context):\n    return event"
    create_function(functions, NAME, role_for(emulator, NAME), code, Publish=True)
    functions.update_function_configuration(FunctionName=NAME, Timeout=4)
    functions.publish_version(FunctionName=NAME)
    return functions


def refusal(client: Any, operation: str, **params: Any) -> tuple[str, str]:
    """The code and message of an operation that is refused."""
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**params)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("operation", "params", "missing"),
    [
        ("get_function", {}, "nobody"),
        ("get_function", {"Qualifier": "$LATEST"}, "nobody:$LATEST"),
        ("delete_function", {"Qualifier": "7"}, "nobody"),
        ("delete_function", {"Qualifier": "$latest"}, "nobody"),
        ("get_function_code_signing_config", {}, "nobody"),
        ("invoke", {}, "nobody:$LATEST"),
        ("invoke", {"InvocationType": "Event"}, "nobody:$LATEST"),
        ("put_function_concurrency", {"ReservedConcurrentExecutions": 0}, "nobody:$LATEST"),
        ("create_alias", {"Name": "live", "FunctionVersion": "1"}, "nobody:1"),
        ("add_permission", PERMISSION, "nobody"),
        ("get_provisioned_concurrency_config", {"Qualifier": "1"}, "nobody:1"),
    ],
)
def test_a_missing_function_is_named_as_it_was_looked_up(
    client: Any, operation: str, params: dict[str, Any], missing: str
) -> None:
    refused = refusal(client, operation, FunctionName="nobody", **params)

    assert refused == (NOT_FOUND, f"Function not found: {ARN}{missing}")


@pytest.mark.parametrize(
    ("operation", "params", "code", "message"),
    [
        ("get_provisioned_concurrency_config", {"Qualifier": "$LATEST"}, INVALID, EITHER),
        (
            "delete_provisioned_concurrency_config",
            {"Qualifier": "no"},
            NOT_FOUND,
            f"Cannot find alias arn: {ARN}{NAME}:no",
        ),
        ("add_permission", {"Qualifier": "no", **PERMISSION}, NOT_FOUND, f"Cannot find alias arn: {ARN}{NAME}:no"),
        ("add_permission", {"RevisionId": "old", **PERMISSION}, "PreconditionFailedException", STALE),
        ("get_policy", {"Qualifier": "no"}, NOT_FOUND, "The resource you requested does not exist."),
        ("get_policy", {"FunctionName": "nobody"}, NOT_FOUND, "The resource you requested does not exist."),
        ("put_function_concurrency", {"FunctionName": f"{NAME}:1"}, INVALID, FUNCTIONS_ONLY),
        ("put_function_event_invoke_config", {"Qualifier": "no", **RETRIES}, NOT_FOUND, NO_FUNCTION),
        ("update_alias", {"Name": "no"}, NOT_FOUND, f"Alias not found: {ARN}{NAME}:no"),
        ("get_alias", {"Name": "no"}, NOT_FOUND, f"Cannot find alias arn: {ARN}{NAME}:no"),
        (
            "delete_function",
            {"FunctionName": "nobody", "Qualifier": "$LATEST"},
            INVALID,
            "$LATEST version cannot be deleted without deleting the function.",
        ),
        (
            "delete_function",
            {"FunctionName": "nobody", "Qualifier": "live"},
            INVALID,
            "Deletion of aliases is not currently supported.",
        ),
        ("put_function_event_invoke_config", {"FunctionName": f"{NAME}:1", "Qualifier": "2"}, INVALID, OTHER_QUALIFIER),
        (
            "get_function_event_invoke_config",
            {"FunctionName": "nobody"},
            NOT_FOUND,
            f"The function {ARN}nobody:$LATEST doesn't have an EventInvokeConfig",
        ),
        ("list_function_event_invoke_configs", {"FunctionName": "nobody"}, NOT_FOUND, NO_FUNCTION),
        (
            "remove_permission",
            {"FunctionName": "nobody", "StatementId": "s"},
            NOT_FOUND,
            f"No policy found for: {ARN}nobody",
        ),
        (
            "update_function_code",
            {"ImageUri": "repository:latest"},
            INVALID,
            "Please don't provide ImageUri when updating a function with packageType Zip.",
        ),
    ],
)
def test_settings_of_what_is_not_there_are_refused(
    client: Any, operation: str, params: dict[str, Any], code: str, message: str
) -> None:
    given: dict[str, Any] = {"FunctionName": NAME, **params}
    if operation == "put_function_concurrency":
        given["ReservedConcurrentExecutions"] = 1

    assert refusal(client, operation, **given) == (code, message)


@pytest.mark.parametrize(
    ("weights", "shown", "constraint"),
    [
        ({"2": 2}, "{2=2.0}", f"Map value must satisfy constraint: [{WEIGHT_RANGE}]"),
        (
            {"$LATEST": 0.5},
            "{$LATEST=0.5}",
            "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have "
            "length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]",
        ),
    ],
    ids=["value", "key"],
)
def test_a_bad_entry_makes_the_whole_map_shown(
    client: Any, weights: dict[str, float], shown: str, constraint: str
) -> None:
    routing = {"AdditionalVersionWeights": weights}
    refused = refusal(
        client, "create_alias", FunctionName=NAME, Name="heavy", FunctionVersion="1", RoutingConfig=routing
    )

    where = "routingConfig.additionalVersionWeights"
    message = f"1 validation error detected: Value '{shown}' at '{where}' failed to satisfy constraint: {constraint}"
    assert refused == (BROKEN, message)


def test_a_bad_item_makes_the_whole_list_shown(client: Any) -> None:
    refused = refusal(client, "create_function", FunctionName="x", Role="r", Code={}, Architectures=["X86_64"])

    assert refused[1].endswith(
        "Value '[X86_64]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: "
        "[Member must satisfy enum value set: [x86_64, arm64], Member must not be null]"
    )


def test_lists_of_a_network_may_have_anything_in_them_but_what_is_badly_formed(client: Any) -> None:
    network = {"SubnetIds": ["net-1"], "SecurityGroupIds": ["sg-1"]}

    refused = refusal(client, "update_function_configuration", FunctionName=NAME, VpcConfig=network)

    constraint = (
        "Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length "
        "greater than or equal to 0, Member must satisfy regular expression pattern: subnet-[0-9a-z]*]"
    )
    where = "Value '[net-1]' at 'vpcConfig.subnetIds' failed to satisfy constraint: "
    assert refused == (BROKEN, f"1 validation error detected: {where}{constraint}")


def test_a_missing_member_of_the_query_is_named(client: Any) -> None:
    refused = refusal(client, "untag_resource", Resource=ARN + NAME, TagKeys=[])

    constraint = "failed to satisfy constraint: Member must not be null"
    assert refused == (BROKEN, f"1 validation error detected: Value null at 'tagKeys' {constraint}")


def test_a_runtime_that_lambda_never_had_is_refused_as_lambda_does(client: Any) -> None:
    refused = refusal(client, "update_function_configuration", FunctionName=NAME, Runtime="PYTHON3.9")

    assert refused[0] == INVALID
    assert refused[1].startswith(
        "Value PYTHON3.9 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [nodejs20.x, "
    )


def test_a_runtime_that_was_retired_is_named(client: Any) -> None:
    refused = refusal(client, "update_function_configuration", FunctionName=NAME, Runtime="python3.7")

    no_longer = "is no longer supported for creating or updating AWS Lambda functions."
    advice = "We recommend you use a supported runtime while creating or updating functions."
    assert refused == (INVALID, f"The runtime parameter of python3.7 {no_longer} {advice}")


def test_a_long_name_is_looked_up_but_not_given(client: Any) -> None:
    name = "a" * 65
    code = {"ZipFile": b"x"}

    assert refusal(client, "get_function", FunctionName=name) == (NOT_FOUND, f"Function not found: {ARN}{name}")
    refused = refusal(client, "create_function", FunctionName=name, Role="arn:aws:iam::000000000000:role/r", Code=code)

    constraint = "failed to satisfy constraint: Member must have length less than or equal to 64"
    assert refused == (INVALID, f"1 validation error detected: Value '{name}' at 'functionName' {constraint}")


def test_functions_of_another_account_are_out_of_reach(client: Any) -> None:
    foreign = ARN.replace("000000000000", "210987654321") + NAME

    assert refusal(client, "get_function", FunctionName=foreign)[0] == "AccessDeniedException"


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("capacity-provider:none", "Capacity provider not found: {}"),
        ("code-signing-config:csc-0123456789abcdefg", "The Lambda code signing configuration {} can not be found."),
    ],
)
def test_tags_of_what_is_not_there_are_refused_by_its_kind(client: Any, kind: str, message: str) -> None:
    arn = ARN.replace("function:", kind)

    assert refusal(client, "list_tags", Resource=arn) == (NOT_FOUND, message.format(arn))


def test_a_destination_of_a_foreign_service_is_shown_as_lambda_prints_it(client: Any) -> None:
    arn = "arn:aws:iam:us-east-1:000000000000:user/jane"
    config = {"OnSuccess": {"Destination": arn}}

    refused = refusal(client, "put_function_event_invoke_config", FunctionName=NAME, DestinationConfig=config)

    shown = f"DestinationConfig(onSuccess=OnSuccess(destination={arn}), onFailure=null)"
    assert refused == (INVALID, f"The provided destination config {shown} is invalid.")


def test_latest_cannot_share_an_alias_and_the_refusal_has_no_type(client: Any) -> None:
    routing = {"AdditionalVersionWeights": {"1": 0.5}}

    with pytest.raises(ClientError) as caught:
        client.create_alias(FunctionName=NAME, Name="both", FunctionVersion="$LATEST", RoutingConfig=routing)

    assert "Type" not in caught.value.response
    message = "$LATEST is not supported for an alias pointing to more than 1 version"
    assert caught.value.response["Error"] == {"Code": INVALID, "Message": message}
