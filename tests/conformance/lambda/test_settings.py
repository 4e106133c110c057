"""Settings of functions that stand beside their configuration, as AWS was recorded (2025 and 2026)."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from tests.fixtures.refusals import refused
from tests.fixtures.zip_functions import PYTHON, archive, create_function, role_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.emulator import LiveEmulator

NAME = "settings"
BUCKET = "settings-of-functions-failed-calls"
CODE = "def handler(event, context):\n    raise ValueError('always')"


@pytest.fixture(scope="module")
def role(emulator: LiveEmulator) -> str:
    """A role that Lambda may take."""
    return role_for(emulator, NAME)


@pytest.fixture(scope="module")
def client(emulator: LiveEmulator, role: str) -> Iterator[Any]:
    """Lambda with a function, asked without boto3's own checks."""
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    functions = emulator.client("lambda", config=config)
    create_function(functions, NAME, role, CODE)
    yield functions
    functions.delete_function(FunctionName=NAME)


def test_loops_are_ended_unless_they_are_allowed(client: Any) -> None:
    before = client.get_function_recursion_config(FunctionName=NAME)["RecursiveLoop"]

    client.put_function_recursion_config(FunctionName=NAME, RecursiveLoop="Allow")

    assert before == "Terminate"
    assert client.get_function_recursion_config(FunctionName=NAME)["RecursiveLoop"] == "Allow"
    assert refused(client.put_function_recursion_config, FunctionName=NAME, RecursiveLoop="Perhaps") == (
        400,
        "ValidationException",
        "1 validation error detected: Value 'Perhaps' at 'recursiveLoop' failed to satisfy constraint: "
        "Member must satisfy enum value set: [Terminate, Allow]",
    )


def test_runtimes_are_replaced_by_themselves_unless_a_version_is_kept(client: Any) -> None:
    before = client.get_runtime_management_config(FunctionName=NAME)
    version = client.get_function_configuration(FunctionName=NAME)["RuntimeVersionConfig"]["RuntimeVersionArn"]

    client.put_runtime_management_config(FunctionName=NAME, UpdateRuntimeOn="Manual", RuntimeVersionArn=version)

    after = client.get_runtime_management_config(FunctionName=NAME)
    assert before["UpdateRuntimeOn"] == "Auto"
    assert "RuntimeVersionArn" not in before
    assert (after["UpdateRuntimeOn"], after["RuntimeVersionArn"]) == ("Manual", version)


def test_a_function_that_is_made_again_has_its_first_settings(client: Any, role: str) -> None:
    create_function(client, "made-again", role, CODE)
    client.put_function_recursion_config(FunctionName="made-again", RecursiveLoop="Allow")
    client.delete_function(FunctionName="made-again")

    create_function(client, "made-again", role, CODE)

    assert client.get_function_recursion_config(FunctionName="made-again")["RecursiveLoop"] == "Terminate"


def test_snap_start_is_refused_for_runtimes_that_have_none(client: Any, role: str) -> None:
    if PYTHON != "python3.11":
        pytest.skip("only Python 3.11 and older have no SnapStart")

    answer = refused(
        client.create_function,
        FunctionName="snapped",
        Role=role,
        Runtime=PYTHON,
        Handler="app.handler",
        Code={"ZipFile": archive(CODE)},
        SnapStart={"ApplyOn": "PublishedVersions"},
    )

    assert answer == (
        400,
        "InvalidParameterValueException",
        f"{PYTHON} is not supported for SnapStart enabled functions.",
    )


def test_one_level_of_a_json_log_is_changed_without_the_other(client: Any) -> None:
    client.update_function_configuration(
        FunctionName=NAME, LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG"}
    )

    changed = client.update_function_configuration(FunctionName=NAME, LoggingConfig={"SystemLogLevel": "WARN"})

    logging = changed["LoggingConfig"]
    assert (logging["ApplicationLogLevel"], logging["SystemLogLevel"]) == ("DEBUG", "WARN")


def test_a_version_by_a_name_that_no_version_has_is_not_found(client: Any) -> None:
    status, code, message = refused(client.delete_function, FunctionName=NAME, Qualifier="$latest")

    assert (status, code, message.rpartition(":")[2]) == (404, "ResourceNotFoundException", "$latest")


def test_what_a_queue_cannot_have_is_refused_before_what_a_stream_may_not_have_here(client: Any) -> None:
    source = "arn:aws:sqs:us-east-1:000000000000:some-queue"

    answer = refused(
        client.create_event_source_mapping, FunctionName=NAME, EventSourceArn=source, ParallelizationFactor=2
    )

    assert answer[2] == "Unsupported ParallelizationFactor parameter for given event source mapping type."


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("invoke", {"TenantId": "t"}),
        ("invoke", {"DurableExecutionName": "d"}),
        ("update_function_configuration", {"AcceleratorConfig": {"AcceleratorMemorySize": 16}}),
        ("update_function_code", {"ZipFile": archive(CODE), "SourceKMSKeyArn": "arn:aws:kms:us-east-1:0:key/k"}),
        ("update_function_code", {"S3Bucket": "bucket", "S3Key": "k", "S3ObjectStorageMode": "REFERENCE"}),
    ],
    ids=["tenant", "durable", "accelerator", "key", "reference"],
)
def test_what_the_emulator_has_nothing_for_is_refused_by_name(
    client: Any, operation: str, params: dict[str, Any]
) -> None:
    status, code, message = refused(getattr(client, operation), FunctionName=NAME, **params)

    assert (status, code) == (400, "InvalidParameterValueException")
    assert message.startswith("The emulator does not support ")
    assert list(params)[-1] in message


def test_failed_calls_are_written_into_a_bucket(client: Any, emulator: LiveEmulator) -> None:
    s3, destination = emulator.client("s3"), {"Destination": f"arn:aws:s3:::{BUCKET}"}
    s3.create_bucket(Bucket=BUCKET)
    settings = {"FunctionName": NAME, "MaximumRetryAttempts": 0, "DestinationConfig": {"OnFailure": destination}}
    unauthorised = refused(client.put_function_event_invoke_config, **settings)
    statement = {"Effect": "Allow", "Action": ["s3:PutObject", "s3:ListBucket"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    emulator.client("iam").put_role_policy(RoleName=NAME, PolicyName="bucket", PolicyDocument=policy)
    client.put_function_event_invoke_config(**settings)

    client.invoke(FunctionName=NAME, InvocationType="Event", Payload=b'{"x": 1}')

    (key,) = _keys(s3)
    record = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    assert unauthorised[2] == (
        f"The function's execution role does not have permissions to call PutObject on arn:aws:s3:::{BUCKET}"
    )
    assert key.startswith(f"aws/lambda/async/{NAME}/20")
    assert (record["requestPayload"], record["requestContext"]["condition"]) == ({"x": 1}, "RetriesExhausted")
    assert record["responsePayload"]["errorMessage"] == "always"


def _keys(s3: Any) -> list[str]:
    """The objects of the bucket, once there are any."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", ())]
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("nothing came")
