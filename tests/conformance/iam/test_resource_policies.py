"""Whom the policies of resources let in: users by name, but an account as a whole only as far as its IAM does.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.conformance.clients.conftest import archive
from tests.fixtures.target import PYTHON_RUNTIME, trust

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

ACCOUNT = "000000000000"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
NAME = f"named-{uuid.uuid4().hex[:8]}"
USER = f"arn:aws:iam::{ACCOUNT}:user/{NAME}"


def document(**statement: Any) -> str:
    """A policy of one statement that allows."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


@pytest.fixture(scope="module")
def keys(emulator: LiveEmulator) -> dict[str, str]:
    """Those of a user without policies."""
    iam = emulator.client("iam")
    iam.create_user(UserName=NAME)
    pair = iam.create_access_key(UserName=NAME)["AccessKey"]
    return {"aws_access_key_id": pair["AccessKeyId"], "aws_secret_access_key": pair["SecretAccessKey"]}


class Shared:
    """A resource whose policy names a principal, and a call that only that lets through."""

    def __init__(self, emulator: LiveEmulator, keys: dict[str, str]) -> None:
        self.owner = emulator.client
        self._keys = keys

    def user(self, service: str) -> Any:
        return self.owner(service, **self._keys)

    def bucket(self, principal: str) -> Any:
        s3 = self.owner("s3")
        s3.create_bucket(Bucket=NAME)
        s3.put_object(Bucket=NAME, Key="x", Body=b"1")
        what = {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{NAME}/*"}
        s3.put_bucket_policy(Bucket=NAME, Policy=document(Principal={"AWS": principal}, **what))
        return self.user("s3").get_object(Bucket=NAME, Key="x")

    def queue(self, principal: str) -> Any:
        sqs = self.owner("sqs")
        url = sqs.create_queue(QueueName=NAME)["QueueUrl"]
        policy = document(Principal={"AWS": principal}, Action="sqs:SendMessage", Resource="*")
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        return self.user("sqs").send_message(QueueUrl=url, MessageBody="x")

    def topic(self, principal: str) -> Any:
        sns = self.owner("sns")
        arn = sns.create_topic(Name=NAME)["TopicArn"]
        policy = document(Principal={"AWS": principal}, Action="SNS:Publish", Resource=arn)
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
        return self.user("sns").publish(TopicArn=arn, Message="x")

    def secret(self, principal: str) -> Any:
        secrets = self.owner("secretsmanager")
        if not any(one["Name"] == NAME for one in secrets.list_secrets()["SecretList"]):
            secrets.create_secret(Name=NAME, SecretString="x")
        policy = document(Principal={"AWS": principal}, Action="secretsmanager:GetSecretValue", Resource="*")
        secrets.put_resource_policy(SecretId=NAME, ResourcePolicy=policy)
        return self.user("secretsmanager").get_secret_value(SecretId=NAME)

    def function(self, principal: str) -> Any:
        client = self.owner("lambda")
        if not any(one["FunctionName"] == NAME for one in client.list_functions()["Functions"]):
            role = self.owner("iam").create_role(RoleName=NAME, AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))[
                "Role"
            ]["Arn"]
            code = {"ZipFile": archive({"app.py": "def handler(event, context):\n    return event\n"})}
            client.create_function(
                FunctionName=NAME, Runtime=PYTHON_RUNTIME, Handler="app.handler", Role=role, Code=code
            )
        statement = f"s{uuid.uuid4().hex}"
        client.add_permission(
            FunctionName=NAME, StatementId=statement, Action="lambda:GetFunction", Principal=principal
        )
        try:
            return self.user("lambda").get_function(FunctionName=NAME)
        finally:
            client.remove_permission(FunctionName=NAME, StatementId=statement)

    def key(self, principal: str) -> Any:
        kms = self.owner("kms")
        own = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}
        named = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:DescribeKey", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [own, named]})
        arn = kms.create_key(Policy=policy)["KeyMetadata"]["Arn"]
        return self.user("kms").describe_key(KeyId=arn)


KINDS = {
    "bucket": "s3:GetObject",
    "queue": "sqs:SendMessage",
    "topic": "SNS:Publish",
    "secret": "secretsmanager:GetSecretValue",
    "function": "lambda:GetFunction",
    "key": "kms:DescribeKey",
}


@pytest.fixture
def granted(emulator: LiveEmulator, keys: dict[str, str]) -> Iterator[Callable[[str], None]]:
    """Gives the user an identity policy, for the time of a test."""
    iam = emulator.client("iam")

    def give(action: str) -> None:
        iam.put_user_policy(UserName=NAME, PolicyName="may", PolicyDocument=document(Action=action, Resource="*"))

    yield give
    iam.delete_user_policy(UserName=NAME, PolicyName="may")


@pytest.mark.parametrize("kind", KINDS)
def test_a_resource_that_names_the_account_leaves_its_users_to_iam(
    emulator: LiveEmulator, keys: dict[str, str], granted: Callable[[str], None], kind: str
) -> None:
    use = getattr(Shared(emulator, keys), kind)
    reason = f"because no identity-based policy allows the {KINDS[kind]} action"

    with pytest.raises(ClientError, match=reason):
        use(ROOT)

    granted(KINDS[kind])
    assert use(ROOT)["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("kind", KINDS)
def test_a_resource_that_names_a_user_lets_it_in(emulator: LiveEmulator, keys: dict[str, str], kind: str) -> None:
    used = getattr(Shared(emulator, keys), kind)(USER)

    assert used["ResponseMetadata"]["HTTPStatusCode"] == 200
