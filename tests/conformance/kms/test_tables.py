"""Tables of DynamoDB under a customer's key: who may use them, and what is told where nobody can."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.refusals import refused
from tests.fixtures.users import new_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures.emulator import LiveEmulator

ITEM = {"pk": {"S": "one"}}
DENIED = (
    "KMS key access denied error: com.amazonaws.services.kms.model.AWSKMSException: The ciphertext refers to a customer"
    " master key that does not exist, does not exist in this region, or you are not allowed to access. (Service:"
    " AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: …; Proxy: null)"
)


def told(answer: tuple[int, str, str]) -> tuple[int, str, str]:
    """A refusal without the id of the request that KMS refused."""
    status, code, message = answer
    return status, code, re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=; Proxy)", "…", message)


def of_kms(kind: str, code: str, message: str) -> tuple[int, str, str]:
    """What DynamoDB makes of a refusal of KMS."""
    about = f"(Service: AWSKMS; Status Code: 400; Error Code: {code}; Request ID: …; Proxy: null)"
    return 400, "ValidationException", f"KMS {kind} error: com.amazonaws.services.kms.model.{code}: {message} {about}"


@pytest.fixture
def key(emulator: LiveEmulator) -> str:
    return str(emulator.client("kms").create_key()["KeyMetadata"]["Arn"])


@pytest.fixture
def make(emulator: LiveEmulator) -> Callable[[str], str]:
    """Makes a table under a key, with an item; its name."""

    def made(key: str) -> str:
        client, name = emulator.client("dynamodb"), f"keyed-{uuid.uuid4().hex[:8]}"
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
        )
        client.put_item(TableName=name, Item=ITEM)
        return name

    return made


def may(emulator: LiveEmulator, user: str, *statements: dict[str, Any]) -> None:
    """Let a user do this, and nothing else."""
    allowed = [{"Effect": "Allow", "Resource": "*", **each} for each in statements]
    document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    emulator.client("iam").put_user_policy(UserName=user, PolicyName="may", PolicyDocument=document)


def calls(client: Any, name: str) -> dict[str, Callable[[], Any]]:
    statement = {"Statement": f'SELECT * FROM "{name}"'}  # noqa: S608 - a name of the test's own
    write = {"Put": {"TableName": name, "Item": ITEM}}
    return {
        "get": lambda **_: client.get_item(TableName=name, Key=ITEM),
        "put": lambda **_: client.put_item(TableName=name, Item=ITEM),
        "scan": lambda **_: client.scan(TableName=name),
        "batch": lambda **_: client.batch_get_item(RequestItems={name: {"Keys": [ITEM]}}),
        "transaction": lambda **_: client.transact_write_items(TransactItems=[write]),
        "statement": lambda **_: client.execute_statement(**statement),
    }


@pytest.mark.parametrize("call", ["get", "put", "scan", "batch", "transaction", "statement"])
def test_items_under_a_disabled_key_are_out_of_reach_for_everybody(
    emulator: LiveEmulator, make: Callable[[str], str], key: str, call: str
) -> None:
    client, name, kms = emulator.client("dynamodb"), make(key), emulator.client("kms")
    kms.disable_key(KeyId=key)

    assert told(refused(calls(client, name)[call])) == of_kms(
        "key disabled", "DisabledException", f"{key} is disabled."
    )
    kms.enable_key(KeyId=key)
    assert calls(client, name)[call]()


def test_a_table_shows_that_its_key_is_out_of_use(emulator: LiveEmulator, make: Callable[[str], str], key: str) -> None:
    client, name, kms = emulator.client("dynamodb"), make(key), emulator.client("kms")
    kms.disable_key(KeyId=key)

    shown = client.describe_table(TableName=name)["Table"]

    assert shown["TableStatus"] == "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    assert shown["SSEDescription"]["Status"] == "ENABLED"
    since = shown["SSEDescription"]["InaccessibleEncryptionDateTime"]
    assert client.describe_table(TableName=name)["Table"]["SSEDescription"]["InaccessibleEncryptionDateTime"] == since
    kms.enable_key(KeyId=key)
    shown = client.describe_table(TableName=name)["Table"]
    assert shown["TableStatus"] == "ACTIVE"
    assert shown["SSEDescription"] == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key}


def test_settings_that_touch_items_take_the_key_and_others_do_not(
    emulator: LiveEmulator, make: Callable[[str], str], key: str
) -> None:
    client, name = emulator.client("dynamodb"), make(key)
    emulator.client("kms").disable_key(KeyId=key)
    expiry = {"TimeToLiveSpecification": {"AttributeName": "x", "Enabled": True}}
    other = {"SSESpecification": {"Enabled": False}}
    out_of_use = of_kms("key disabled", "DisabledException", f"{key} is disabled.")

    assert told(refused(client.update_time_to_live, TableName=name, **expiry)) == out_of_use
    assert told(refused(client.update_table, TableName=name, **other)) == out_of_use
    assert client.update_table(TableName=name, DeletionProtectionEnabled=False)
    assert client.delete_table(TableName=name)


def test_no_table_is_made_under_a_key_that_nobody_can_use(
    emulator: LiveEmulator, make: Callable[[str], str], key: str
) -> None:
    kms = emulator.client("kms")
    missing = f"{key[:-4]}0000"
    gone = of_kms("validation", "NotFoundException", f"Key '{missing}' does not exist")

    assert told(refused(make, key=missing)) == gone
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    pending = of_kms("validation", "KMSInvalidStateException", f"{key} is pending deletion.")
    assert told(refused(make, key=key)) == pending


def test_an_alias_is_looked_up_once(emulator: LiveEmulator, make: Callable[[str], str], key: str) -> None:
    kms, alias = emulator.client("kms"), f"alias/keyed-{uuid.uuid4().hex[:8]}"
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    name = make(alias)
    kms.update_alias(AliasName=alias, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])

    shown = emulator.client("dynamodb").describe_table(TableName=name)["Table"]

    assert shown["SSEDescription"]["KMSMasterKeyArn"] == key


@pytest.mark.parametrize("call", ["get", "put", "scan", "batch", "transaction", "statement"])
def test_who_may_use_a_table_may_not_yet_use_its_key(
    emulator: LiveEmulator, make: Callable[[str], str], key: str, call: str
) -> None:
    name, user = make(key), new_user(emulator.client("iam"), "keyed")
    client = emulator.client("dynamodb", **user.keys)
    through = {
        "kms:ViaService": "dynamodb.us-east-1.amazonaws.com",
        "kms:EncryptionContext:aws:dynamodb:tableName": name,
    }
    may(emulator, user.name, {"Action": "dynamodb:*"})
    assert told(refused(calls(client, name)[call])) == (400, "AccessDeniedException", DENIED)
    may(
        emulator, user.name, {"Action": "dynamodb:*"}, {"Action": "kms:Decrypt", "Condition": {"StringEquals": through}}
    )
    assert calls(client, name)[call]()
    assert client.describe_table(TableName=name)


@pytest.mark.parametrize("named", ["by its ARN", "by an alias"])
def test_who_puts_a_table_under_a_key_must_be_let_make_grants_of_it(
    emulator: LiveEmulator, key: str, named: str
) -> None:
    iam, kms, name = emulator.client("iam"), emulator.client("kms"), f"keyed-{uuid.uuid4().hex[:8]}"
    kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key)
    user = new_user(iam, "keyed")
    client = emulator.client("dynamodb", **user.keys)
    wanted: dict[str, Any] = {
        "TableName": name,
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    given = key if named == "by its ARN" else f"alias/{name}"
    wanted["SSESpecification"] = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": given}
    may(emulator, user.name, {"Action": "dynamodb:*"})

    refusal = told(refused(client.create_table, **wanted))

    assert refusal == (
        400,
        "AccessDeniedException",
        "KMS key access denied error: com.amazonaws.services.kms.model.AWSKMSException: "
        f"User: {user.arn} is not authorized to perform: kms:CreateGrant on resource: {key} because no identity-based"
        " policy allows the kms:CreateGrant action (Service: AWSKMS; Status Code: 400; Error Code:"
        " AccessDeniedException; Request ID: …; Proxy: null)",
    )
    for_services = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    may(emulator, user.name, {"Action": "dynamodb:*"}, {"Action": "kms:CreateGrant", "Condition": for_services})
    assert client.create_table(**wanted)
