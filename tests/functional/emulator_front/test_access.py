"""IAM enforced on requests with real credentials."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator


def _policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]})


def _user_keys(emulator: LiveEmulator, name: str, policy: str | None = None) -> dict[str, str]:
    iam = emulator.client("iam")
    iam.create_user(UserName=name)
    if policy:
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def test_a_user_may_do_what_its_policies_allow_and_no_more(emulator: LiveEmulator) -> None:
    emulator.client("s3").create_bucket(Bucket="access-data")
    keys = _user_keys(emulator, "limited", _policy(Action="s3:PutObject", Resource="arn:aws:s3:::access-data/own/*"))
    s3 = emulator.client("s3", **keys)

    s3.put_object(Bucket="access-data", Key="own/x", Body=b"1")
    with pytest.raises(ClientError, match="not authorized to perform: s3:PutObject on resource") as caught:
        s3.put_object(Bucket="access-data", Key="other", Body=b"1")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_switched_off_key_opens_nothing(emulator: LiveEmulator) -> None:
    keys = _user_keys(emulator, "former")
    emulator.client("iam").update_access_key(
        UserName="former", AccessKeyId=keys["aws_access_key_id"], Status="Inactive"
    )

    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        emulator.client("sts", **keys).get_caller_identity()


def test_a_role_is_assumed_only_by_whom_it_trusts(emulator: LiveEmulator) -> None:
    arn = emulator.client("iam").create_role(
        RoleName="trusting", AssumeRolePolicyDocument=_trust("arn:aws:iam::000000000000:user/trusted")
    )["Role"]["Arn"]
    trusted = emulator.client("sts", **_user_keys(emulator, "trusted"))
    stranger = emulator.client("sts", **_user_keys(emulator, "stranger"))

    session = trusted.assume_role(RoleArn=arn, RoleSessionName="work")["Credentials"]
    with pytest.raises(ClientError, match="AccessDenied"):
        stranger.assume_role(RoleArn=arn, RoleSessionName="work")
    keys = {
        "aws_access_key_id": session["AccessKeyId"],
        "aws_secret_access_key": session["SecretAccessKey"],
        "aws_session_token": session["SessionToken"],
    }
    assert emulator.client("sts", **keys).get_caller_identity()["Arn"].endswith(":assumed-role/trusting/work")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        emulator.client("dynamodb", **keys).list_tables()
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        emulator.client(
            "sts", **(keys | {"aws_session_token": session["SessionToken"][:-2] + "AA"})
        ).get_caller_identity()


def _trust(principal: str) -> str:
    return _policy(Principal={"AWS": principal}, Action="sts:AssumeRole")
