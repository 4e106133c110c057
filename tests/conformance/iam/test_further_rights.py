"""What takes more rights than an operation's name says, or rights on more than its first parameter."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.conformance.clients.conftest import archive
from tests.fixtures.target import PYTHON_RUNTIME, trust
from tests.fixtures.users import new_user

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

ACCOUNT = "000000000000"
CODE = archive({"app.py": "def handler(event, context):\n    return event\n"})
Statement = dict[str, Any]
Client = Callable[..., Any]


def allowing(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})


@pytest.fixture
def client_of(emulator: LiveEmulator) -> Client:
    """Clients of a new user who may do this."""

    def make(service: str, *statements: Statement) -> Any:
        iam = emulator.client("iam")
        user = new_user(iam, "further")
        iam.put_user_policy(UserName=user.name, PolicyName="may", PolicyDocument=allowing(*statements))
        return emulator.client(service, **user.keys)

    return make


def new_name() -> str:
    return f"further-{uuid.uuid4().hex[:8]}"


@pytest.mark.parametrize("member", ["logGroupNames", "logGroupIdentifiers"])
def test_a_query_takes_rights_on_every_group(emulator: LiveEmulator, client_of: Client, member: str) -> None:
    logs, own, other = emulator.client("logs"), new_name(), new_name()
    logs.create_log_group(logGroupName=own)
    logs.create_log_group(logGroupName=other)
    jane = client_of("logs", {"Action": "logs:*", "Resource": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{own}:*"})
    now = int(time.time())
    asked = {"startTime": now - 60, "endTime": now, "queryString": "fields @message"}

    assert jane.start_query(**asked, **{member: [own]})["queryId"]
    for more in ({"logGroupName": own, member: [other]}, {member: [own, other]}):
        with pytest.raises(ClientError, match="not authorized to perform: logs:StartQuery"):
            jane.start_query(**asked, **more)


def test_a_group_is_the_same_by_its_name_and_by_its_arn(emulator: LiveEmulator, client_of: Client) -> None:
    logs, name = emulator.client("logs"), new_name()
    logs.create_log_group(logGroupName=name)
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}"
    jane = client_of(
        "logs",
        {"Action": "logs:FilterLogEvents", "Resource": "*"},
        {"Effect": "Deny", "Action": "logs:FilterLogEvents", "Resource": f"{arn}:*"},
    )

    for given in ({"logGroupName": name}, {"logGroupIdentifier": name}, {"logGroupIdentifier": arn}):
        with pytest.raises(ClientError, match="with an explicit deny"):
            jane.filter_log_events(**given)


def test_only_who_may_bypass_governance_deletes_what_it_keeps(emulator: LiveEmulator, client_of: Client) -> None:
    s3, bucket = emulator.client("s3"), new_name()
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    until = datetime.now(UTC) + timedelta(days=1)
    kept = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"x", **kept)["VersionId"]
    free = s3.put_object(Bucket=bucket, Key="free", Body=b"x")["VersionId"]
    arn = f"arn:aws:s3:::{bucket}/*"
    objects = ["s3:DeleteObject*", "s3:PutObjectRetention"]
    jane = client_of("s3", {"Action": objects, "Resource": arn})
    auditor = client_of("s3", {"Action": [*objects, "s3:BypassGovernanceRetention"], "Resource": arn})
    one = {"Bucket": bucket, "Key": "k", "VersionId": version, "BypassGovernanceRetention": True}
    many = {"Objects": [{"Key": "k", "VersionId": version}]}

    for call in (jane.delete_object, partial(jane.put_object_retention, Retention={})):
        with pytest.raises(ClientError, match="object protected by object lock"):
            call(**one)
    refused = jane.delete_objects(Bucket=bucket, Delete=many, BypassGovernanceRetention=True)["Errors"]
    assert [each["Code"] for each in refused] == ["AccessDenied"]
    jane.delete_object(Bucket=bucket, Key="free", VersionId=free, BypassGovernanceRetention=True)
    auditor.delete_object(**one)


def test_messages_are_moved_by_who_may_take_them_and_send_them(emulator: LiveEmulator, client_of: Client) -> None:
    sqs = emulator.client("sqs")
    dead, other, source = (new_name() for _ in range(3))
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in (dead, other, source)}
    arns = {name: f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}" for name in urls}
    redrive = json.dumps({"deadLetterTargetArn": arns[dead], "maxReceiveCount": 1})
    sqs.set_queue_attributes(QueueUrl=urls[source], Attributes={"RedrivePolicy": redrive})
    starting = {"Action": ["sqs:StartMessageMoveTask", "sqs:CancelMessageMoveTask"], "Resource": arns[dead]}
    taking = {"Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], "Resource": arns[dead]}
    sending = {"Action": "sqs:SendMessage", "Resource": arns[other]}
    asked = {"SourceArn": arns[dead], "DestinationArn": arns[other]}

    for may, action in (((starting, sending), "sqs:ReceiveMessage"), ((starting, taking), "sqs:SendMessage")):
        with pytest.raises(ClientError, match=f"not authorized to perform: {action}"):
            client_of("sqs", *may).start_message_move_task(**asked)
    jane = client_of("sqs", starting, taking, sending)
    handle = jane.start_message_move_task(**asked)["TaskHandle"]
    with pytest.raises(ClientError) as caught:  # there was nothing to be moved
        jane.cancel_message_move_task(TaskHandle=handle)
    assert caught.value.response["Error"]["Code"] != "AccessDeniedException"


def test_code_of_a_function_is_read_as_who_brings_it(emulator: LiveEmulator, client_of: Client) -> None:
    name = new_name()
    emulator.client("s3").create_bucket(Bucket=name)
    emulator.client("s3").put_object(Bucket=name, Key="code.zip", Body=CODE)
    role = emulator.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    making = {"Action": ["lambda:*", "iam:PassRole"], "Resource": "*"}
    reading = {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    wanted = {
        "FunctionName": name,
        "Runtime": PYTHON_RUNTIME,
        "Handler": "app.handler",
        "Role": role["Role"]["Arn"],
        "Code": {"S3Bucket": name, "S3Key": "code.zip"},
    }

    with pytest.raises(ClientError, match="S3 Error Code: AccessDenied"):
        client_of("lambda", making).create_function(**wanted)
    assert client_of("lambda", making, reading).create_function(**wanted)["FunctionName"] == name


@pytest.fixture
def narrowed(emulator: LiveEmulator) -> Client:
    """Clients in sessions of a role that may do everything, whose policies allow these actions."""
    iam, user, name = emulator.client("iam"), new_user(emulator.client("iam"), "narrowed"), new_name()
    trusting = {"Principal": {"AWS": user.arn}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=allowing(trusting))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=allowing({"Action": "*", "Resource": "*"}))

    def make(service: str, *actions: str) -> Any:
        narrow = allowing({"Action": list(actions), "Resource": "*"})
        sts = emulator.client("sts", **user.keys)
        session = sts.assume_role(RoleArn=role, RoleSessionName="narrow", Policy=narrow)["Credentials"]
        keys = {
            "aws_access_key_id": session["AccessKeyId"],
            "aws_secret_access_key": session["SecretAccessKey"],
            "aws_session_token": session["SessionToken"],
        }
        return emulator.client(service, **keys)

    return make


def test_a_session_s_policies_narrow_what_services_do_in_its_name(emulator: LiveEmulator, narrowed: Client) -> None:
    name = new_name()
    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    emulator.client("ssm").put_parameter(Name=name, Value="secret", Type="SecureString", KeyId=key)

    def read(*actions: str) -> Any:
        return narrowed("ssm", *actions).get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]

    assert read("ssm:GetParameter", "kms:Decrypt") == "secret"
    with pytest.raises(ClientError, match="AccessDenied"):
        read("ssm:GetParameter")


def test_a_session_s_policies_narrow_how_it_uses_a_queue_s_key(emulator: LiveEmulator, narrowed: Client) -> None:
    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    url = emulator.client("sqs").create_queue(QueueName=new_name(), Attributes={"KmsMasterKeyId": key})["QueueUrl"]

    def send(*actions: str) -> Any:
        return narrowed("sqs", *actions).send_message(QueueUrl=url, MessageBody="hello")["MessageId"]

    assert send("sqs:SendMessage", "kms:GenerateDataKey", "kms:Decrypt")
    with pytest.raises(ClientError, match="no session policy allows the kms:GenerateDataKey action"):
        send("sqs:SendMessage")


def test_versions_and_activities_of_step_functions_are_named_by_their_arns(
    emulator: LiveEmulator, client_of: Client
) -> None:
    states, name = emulator.client("stepfunctions"), new_name()
    activity = states.create_activity(name=name)["activityArn"]
    jane = client_of("stepfunctions", {"Action": "states:*", "Resource": activity})

    assert jane.describe_activity(activityArn=activity)["name"] == name
    assert jane.create_activity(name=name)["activityArn"] == activity
    with pytest.raises(ClientError, match="states:DeleteStateMachineVersion on resource: arn:aws:states"):
        jane.delete_state_machine_version(
            stateMachineVersionArn=f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:{name}:1"
        )


def test_a_version_is_copied_by_who_may_read_versions(emulator: LiveEmulator, client_of: Client) -> None:
    s3, bucket = emulator.client("s3"), new_name()
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"old")["VersionId"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"new")
    arn = f"arn:aws:s3:::{bucket}/*"
    copy = {"Bucket": bucket, "Key": "copy", "CopySource": {"Bucket": bucket, "Key": "k", "VersionId": version}}
    may = {"Action": ["s3:GetObject", "s3:PutObject"], "Resource": arn}

    with pytest.raises(ClientError, match="not authorized to perform: s3:GetObjectVersion"):
        client_of("s3", may).copy_object(**copy)
    client_of("s3", may, {"Action": "s3:GetObjectVersion", "Resource": arn}).copy_object(**copy)
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"old"


def test_a_version_s_own_list_says_who_copies_it(emulator: LiveEmulator) -> None:
    s3, bucket = emulator.client("s3"), new_name()
    s3.create_bucket(Bucket=bucket, ObjectOwnership="ObjectWriter")
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    secret = s3.put_object(Bucket=bucket, Key="k", Body=b"secret")["VersionId"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"open", ACL="public-read")
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    nobody = emulator.client("s3", config=Config(signature_version=UNSIGNED))
    source = {"Bucket": bucket, "Key": "k"}

    nobody.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    with pytest.raises(ClientError, match="AccessDenied"):
        nobody.copy_object(Bucket=bucket, Key="stolen", CopySource={**source, "VersionId": secret})
