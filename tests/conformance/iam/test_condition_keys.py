"""What policies may ask of a request: tags it sets, tags of what it is about, headers, boundaries."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.fixtures.target import trust

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures.emulator import LiveEmulator

ACCOUNT = "000000000000"
DENIED = "not authorized to perform"


def allow(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Resource": "*", **more}


@pytest.fixture
def name() -> str:
    return f"asked-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def client(emulator: LiveEmulator, name: str) -> Callable[..., Any]:
    """Clients of a user with the given statements."""
    iam = emulator.client("iam")
    iam.create_user(UserName=name)
    pair = iam.create_access_key(UserName=name)["AccessKey"]
    keys = {"aws_access_key_id": pair["AccessKeyId"], "aws_secret_access_key": pair["SecretAccessKey"]}

    def make(service: str, *statements: dict[str, Any]) -> Any:
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        iam.put_user_policy(UserName=name, PolicyName="may", PolicyDocument=json.dumps(document))
        return emulator.client(service, **keys)

    return make


def test_what_is_made_can_be_made_to_have_a_tag(client: Callable[..., Any], name: str) -> None:
    tagged = {"StringEquals": {"aws:RequestTag/team": "ml"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}
    sqs = client("sqs", allow(Action="sqs:CreateQueue", Condition=tagged))

    for tags in ({}, {"team": "web"}, {"team": "ml", "more": "x"}):
        with pytest.raises(ClientError, match=DENIED):
            sqs.create_queue(QueueName=name, tags=tags)

    assert sqs.create_queue(QueueName=name, tags={"team": "ml"})["QueueUrl"].endswith(name)


def make_queue(client: Any, name: str, team: str) -> Callable[[Any], Any]:
    url = client("sqs").create_queue(QueueName=f"{name}-{team}", tags={"team": team})["QueueUrl"]
    return lambda mine: mine.get_queue_attributes(QueueUrl=url)


def make_topic(client: Any, name: str, team: str) -> Callable[[Any], Any]:
    arn = client("sns").create_topic(Name=f"{name}-{team}", Tags=[{"Key": "team", "Value": team}])["TopicArn"]
    return lambda mine: mine.get_topic_attributes(TopicArn=arn)


def make_group(client: Any, name: str, team: str) -> Callable[[Any], Any]:
    client("logs").create_log_group(logGroupName=f"{name}-{team}", tags={"team": team})
    return lambda mine: mine.describe_log_streams(logGroupName=f"{name}-{team}")


def make_table(client: Any, name: str, team: str) -> Callable[[Any], Any]:
    client("dynamodb").create_table(
        TableName=f"{name}-{team}",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "team", "Value": team}],
    )
    return lambda mine: mine.describe_table(TableName=f"{name}-{team}")


def make_repository(client: Any, name: str, team: str) -> Callable[[Any], Any]:
    client("ecr").create_repository(repositoryName=f"{name}-{team}", tags=[{"Key": "team", "Value": team}])
    return lambda mine: mine.list_images(repositoryName=f"{name}-{team}")


def make_parameter(client: Any, name: str, team: str) -> Callable[[Any], Any]:
    tags = [{"Key": "team", "Value": team}]
    client("ssm").put_parameter(Name=f"/{name}/{team}", Value="x", Type="String", Tags=tags)
    return lambda mine: mine.get_parameter(Name=f"/{name}/{team}")


def make_machine(client: Any, name: str, team: str) -> Callable[[Any], Any]:
    role = client("iam").create_role(RoleName=f"{name}-{team}", AssumeRolePolicyDocument=trust("states.amazonaws.com"))[
        "Role"
    ]["Arn"]
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    arn = client("stepfunctions").create_state_machine(
        name=f"{name}-{team}", definition=definition, roleArn=role, tags=[{"key": "team", "value": team}]
    )["stateMachineArn"]
    return lambda mine: mine.describe_state_machine(stateMachineArn=arn)


def make_role(client: Any, name: str, team: str) -> Callable[[Any], Any]:
    tags = [{"Key": "team", "Value": team}]
    client("iam").create_role(
        RoleName=f"{name}-{team}", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"), Tags=tags
    )
    return lambda mine: mine.get_role(RoleName=f"{name}-{team}")


MADE = {
    "sqs": make_queue,
    "sns": make_topic,
    "logs": make_group,
    "dynamodb": make_table,
    "ecr": make_repository,
    "ssm": make_parameter,
    "stepfunctions": make_machine,
    "iam": make_role,
}


@pytest.mark.parametrize("service", MADE)
def test_what_has_a_tag_can_be_kept_to_those_who_may(
    emulator: LiveEmulator, client: Callable[..., Any], name: str, service: str
) -> None:
    ours, theirs = (MADE[service](emulator.client, name, team) for team in ("ml", "web"))
    mine = client(service, allow(Action="*", Condition={"StringEquals": {"aws:ResourceTag/team": "ml"}}))

    assert ours(mine)["ResponseMetadata"]["HTTPStatusCode"] == 200
    with pytest.raises(ClientError, match=DENIED):
        theirs(mine)


def test_a_bucket_can_refuse_what_is_not_encrypted(
    emulator: LiveEmulator, client: Callable[..., Any], name: str
) -> None:
    owner = emulator.client("s3")
    owner.create_bucket(Bucket=name)
    plain = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{name}/*"}
    document = {"Version": "2012-10-17", "Statement": [{**deny, "Condition": plain}]}
    owner.put_bucket_policy(Bucket=name, Policy=json.dumps(document))
    s3 = client("s3", allow(Action="s3:PutObject"))

    with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
        s3.put_object(Bucket=name, Key="x", Body=b"1")

    assert s3.put_object(Bucket=name, Key="x", Body=b"1", ServerSideEncryption="AES256")["ETag"]


def test_objects_can_be_made_to_have_a_tag(emulator: LiveEmulator, client: Callable[..., Any], name: str) -> None:
    emulator.client("s3").create_bucket(Bucket=name)
    s3 = client("s3", allow(Action="s3:*", Condition={"StringEquals": {"s3:RequestObjectTag/kind": "model"}}))

    with pytest.raises(ClientError, match=DENIED):
        s3.put_object(Bucket=name, Key="x", Body=b"1", Tagging="kind=text")

    assert s3.put_object(Bucket=name, Key="x", Body=b"1", Tagging="kind=model")["ETag"]


def test_roles_can_be_made_to_have_a_boundary(emulator: LiveEmulator, client: Callable[..., Any], name: str) -> None:
    limit = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    bounded = {"StringEquals": {"iam:PermissionsBoundary": limit}}
    actions = ["iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"]
    iam = client("iam", allow(Action=actions, Condition=bounded))
    wanted = {"RoleName": name, "AssumeRolePolicyDocument": trust("lambda.amazonaws.com")}
    inline = {
        "PolicyName": "p",
        "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [allow(Action="*")]}),
    }

    with pytest.raises(ClientError, match=DENIED):
        iam.create_role(**wanted)

    iam.create_role(**wanted, PermissionsBoundary=limit)
    iam.put_role_policy(RoleName=name, **inline)
    with pytest.raises(ClientError, match=DENIED):
        iam.put_role_permissions_boundary(
            RoleName=name, PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess"
        )
    emulator.client("iam").delete_role_permissions_boundary(RoleName=name)
    with pytest.raises(ClientError, match=DENIED):
        iam.put_role_policy(RoleName=name, **inline)


def test_a_role_is_meant_with_its_path(emulator: LiveEmulator, client: Callable[..., Any], name: str) -> None:
    for path in ("/ours/", "/theirs/"):
        emulator.client("iam").create_role(
            RoleName=f"{name}-{path.strip('/')}", Path=path, AssumeRolePolicyDocument=trust("lambda.amazonaws.com")
        )
    iam = client("iam", allow(Action="iam:*", Resource=f"arn:aws:iam::{ACCOUNT}:role/ours/*"))

    assert iam.get_role(RoleName=f"{name}-ours")["Role"]["Path"] == "/ours/"
    with pytest.raises(ClientError, match=f"role/theirs/{name}-theirs"):
        iam.get_role(RoleName=f"{name}-theirs")
