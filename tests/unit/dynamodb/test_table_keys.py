"""Who may use the key of a table, by whatever the table's state names it."""

from __future__ import annotations

import json

import pytest

from mlfn_localstack.auth.table_keys import TableKeyAccess
from mlfn_localstack.service import RequestContext, ServiceError, caller_of
from mlfn_localstack.store import Store

ACCOUNT = "123456789012"
JANE = f"arn:aws:iam::{ACCOUNT}:user/jane"
KEY = "11111111-2222-3333-4444-555555555555"
ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{KEY}"
CONTEXT = RequestContext(
    service="dynamodb",
    operation="GetItem",
    region="us-east-1",
    account_id=ACCOUNT,
    caller=caller_of(JANE, ACCOUNT),
    request_id="r",
    endpoint="http://127.0.0.1",
)


def access(principal: str) -> TableKeyAccess:
    """The key's policy lets this principal do everything."""
    store = Store()
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    store.documents("kms-key").put(KEY, {"Metadata": {"Arn": ARN, "KeySpec": "SYMMETRIC_DEFAULT"}, "Policy": policy})
    store.documents("kms-alias").put("alias/one", {"TargetKeyId": KEY})
    return TableKeyAccess(store)


def use(keys: TableKeyAccess, named: str) -> None:
    arn = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/t"
    keys.check(CONTEXT, "dynamodb:GetItem", {"name": "t", "arn": arn, "encryption": {"KMSMasterKeyId": named}})


@pytest.mark.parametrize("named", [ARN, KEY, "alias/one", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/one"])
def test_a_key_is_known_by_each_of_its_names(named: str) -> None:
    use(access(JANE), named)

    with pytest.raises(ServiceError, match="KMS key access denied error"):
        use(access(f"arn:aws:iam::{ACCOUNT}:user/joe"), named)


@pytest.mark.parametrize("named", ["alias/aws/dynamodb", "alias/two", "66666666-2222-3333-4444-555555555555"])
def test_of_aws_s_own_key_and_of_none_nothing_is_asked(named: str) -> None:
    use(access(f"arn:aws:iam::{ACCOUNT}:user/joe"), named)
