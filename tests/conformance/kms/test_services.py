"""Services that use a key on behalf of who asks (S3, Lambda) or in their own name (CloudWatch Logs)."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.fixtures.users import new_user

ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "kms:*", "Resource": "*"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_objects_under_a_key_are_for_those_who_may_use_it_through_s3(emulator: Any) -> None:
    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3, iam, bucket = emulator.client("s3"), emulator.client("iam"), f"keyed-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    rules = {"Rules": [{**rule, "BucketKeyEnabled": True}]}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=rules)
    user = new_user(iam, "reader")
    reader = emulator.client("s3", **user.keys)
    reads = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    iam.put_user_policy(UserName=user.name, PolicyName="reads", PolicyDocument=policy(reads))

    put = s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    plain = s3.put_object(Bucket=bucket, Key="b", Body=b"x", ServerSideEncryption="AES256")
    with pytest.raises(ClientError) as refused:
        reader.get_object(Bucket=bucket, Key="a")
    through = {
        "kms:ViaService": "s3.us-east-1.amazonaws.com",
        "kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}",
    }
    uses = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key, "Condition": {"StringEquals": through}}
    iam.put_user_policy(UserName=user.name, PolicyName="uses", PolicyDocument=policy(uses))

    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"], put["BucketKeyEnabled"]) == ("aws:kms", key, True)
    assert plain["ServerSideEncryption"] == "AES256"
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert f"User: {user.arn} is not authorized to perform: kms:Decrypt" in refused.value.response["Error"]["Message"]
    assert reader.get_object(Bucket=bucket, Key="a")["Body"].read() == b"x"
    assert reader.get_object(Bucket=bucket, Key="b")["Body"].read() == b"x"
    with pytest.raises(ClientError, match="AccessDenied"):
        emulator.client("kms", **user.keys).decrypt(CiphertextBlob=b"\x01\x02\x03\x00" + b"0" * 60, KeyId=key)


def test_a_copy_uses_both_keys_and_an_upload_in_parts_one(emulator: Any) -> None:
    kms, s3 = emulator.client("kms"), emulator.client("s3")
    first, second = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    bucket = f"copied-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket)
    how = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": first}
    s3.put_object(Bucket=bucket, Key="a", Body=b"x", **how)

    copy = s3.copy_object(
        Bucket=bucket, Key="b", CopySource=f"{bucket}/a", ServerSideEncryption="aws:kms", SSEKMSKeyId=second
    )
    upload = s3.create_multipart_upload(Bucket=bucket, Key="c", **how)["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="c", UploadId=upload, PartNumber=1, Body=b"y")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket=bucket, Key="c", UploadId=upload, MultipartUpload=parts)
    kms.disable_key(KeyId=first)

    assert copy["SSEKMSKeyId"] == second
    assert s3.get_object(Bucket=bucket, Key="b")["Body"].read() == b"x"
    for key in ("a", "c"):
        with pytest.raises(ClientError, match=r"KMS\.DisabledException"):
            s3.get_object(Bucket=bucket, Key=key)


def test_a_log_groups_key_must_let_cloudwatch_logs_use_it(emulator: Any) -> None:
    kms, logs, name = emulator.client("kms"), emulator.client("logs"), f"/keyed/{uuid.uuid4().hex[:8]}"
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{name}"
    key = kms.create_key()["KeyMetadata"]["Arn"]

    with pytest.raises(ClientError) as refused:
        logs.create_log_group(logGroupName=name, kmsKeyId=key)
    lets = {
        "Effect": "Allow",
        "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
        "Action": "kms:GenerateDataKey*",
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn}},
    }
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy(ROOT, lets))
    logs.create_log_group(logGroupName=name, kmsKeyId=key)

    assert refused.value.response["Error"] == {
        "Code": "AccessDeniedException",
        "Message": f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'",
    }
    assert logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]["kmsKeyId"] == key
    logs.disassociate_kms_key(logGroupName=name)
    assert "kmsKeyId" not in logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]
    with pytest.raises(ClientError, match="is not allowed to be used with Arn"):
        logs.create_log_group(logGroupName=f"{name}-other", kmsKeyId=key)
    logs.associate_kms_key(logGroupName=name, kmsKeyId=key)
    assert logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]["kmsKeyId"] == key
