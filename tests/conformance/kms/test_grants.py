"""Grants: what they let whom do, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.refusals import code_of
from tests.fixtures.users import new_user

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

ROOT = "arn:aws:iam::000000000000:root"


@pytest.fixture
def grantee(emulator: LiveEmulator) -> tuple[str, Any]:
    """A user's ARN and client for KMS; no policy lets it do anything."""
    user = new_user(emulator.client("iam"), "grants")
    return user.arn, emulator.client("kms", **user.keys)


@pytest.fixture
def key(emulator: LiveEmulator) -> str:
    """A key's ARN."""
    arn: str = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    return arn


def test_a_grant_lets_a_user_do_its_operations_until_it_is_revoked(
    emulator: LiveEmulator, grantee: tuple[str, Any], key: str
) -> None:
    kms, (arn, client) = emulator.client("kms"), grantee
    denied = code_of(client.encrypt, KeyId=key, Plaintext=b"x")

    grant = kms.create_grant(KeyId=key, GranteePrincipal=arn, Operations=["Encrypt", "GenerateDataKey"])

    blob = client.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert client.generate_data_key(KeyId=key, KeySpec="AES_256")["Plaintext"]
    assert (denied, code_of(client.decrypt, CiphertextBlob=blob)) == ("AccessDeniedException", "AccessDeniedException")
    kms.revoke_grant(KeyId=key, GrantId=grant["GrantId"])
    assert code_of(client.encrypt, KeyId=key, Plaintext=b"x") == "AccessDeniedException"


@pytest.mark.parametrize(
    ("constraint", "given", "lets"),
    [
        ({"EncryptionContextEquals": {"Model": "m"}}, {"Model": "m"}, True),
        ({"EncryptionContextEquals": {"Model": "m"}}, {"Model": "m", "more": "x"}, False),
        ({"EncryptionContextSubset": {"Model": "m"}}, {"Model": "m", "more": "x"}, True),
        ({"EncryptionContextSubset": {"Model": "m"}}, {"Model": "other"}, False),
    ],
    ids=["equal", "more", "subset", "other"],
)
def test_a_grant_may_hold_for_an_encryption_context_alone(
    emulator: LiveEmulator, grantee: tuple[str, Any], key: str, constraint: Any, given: dict[str, str], lets: bool
) -> None:
    arn, client = grantee
    emulator.client("kms").create_grant(KeyId=key, GranteePrincipal=arn, Operations=["Encrypt"], Constraints=constraint)

    if lets:
        assert client.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=given)["KeyId"] == key
    else:
        assert code_of(client.encrypt, KeyId=key, Plaintext=b"x", EncryptionContext=given) == "AccessDeniedException"


def test_grants_are_listed_with_who_gave_them(emulator: LiveEmulator, key: str) -> None:
    kms = emulator.client("kms")
    wanted = {"KeyId": key, "GranteePrincipal": ROOT, "Operations": ["Decrypt"], "Name": "once"}
    first, again = kms.create_grant(**wanted), kms.create_grant(**wanted)

    (shown,) = kms.list_grants(KeyId=key)["Grants"]

    assert first["GrantId"] == again["GrantId"]
    assert shown.pop("CreationDate")
    assert shown == {
        "GrantId": first["GrantId"],
        "GranteePrincipal": ROOT,
        "IssuingAccount": ROOT,
        "KeyId": key,
        "Name": "once",
        "Operations": ["Decrypt"],
    }
    assert kms.list_grants(KeyId=key, GranteePrincipal="arn:aws:iam::000000000000:user/x")["Grants"] == []


def test_who_retires_a_grant_needs_no_other_permission(
    emulator: LiveEmulator, grantee: tuple[str, Any], key: str
) -> None:
    kms, (arn, client) = emulator.client("kms"), grantee
    grant = kms.create_grant(KeyId=key, GranteePrincipal=ROOT, RetiringPrincipal=arn, Operations=["Decrypt"])

    assert [each["GrantId"] for each in kms.list_retirable_grants(RetiringPrincipal=arn)["Grants"]] == [
        grant["GrantId"]
    ]
    client.retire_grant(GrantToken=grant["GrantToken"])
    assert kms.list_grants(KeyId=key)["Grants"] == []


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("create_grant", {"GranteePrincipal": "someone", "Operations": ["Decrypt"]}, "InvalidArnException"),
        ("revoke_grant", {"GrantId": "none"}, "NotFoundException"),
        ("retire_grant", {}, "ValidationException"),
        ("retire_grant", {"GrantToken": "none"}, "InvalidGrantTokenException"),
    ],
    ids=["principal", "id", "neither", "token"],
)
def test_refusals(emulator: LiveEmulator, key: str, operation: str, params: dict[str, Any], code: str) -> None:
    named = {} if operation == "retire_grant" else {"KeyId": key}

    assert code_of(getattr(emulator.client("kms"), operation), **named, **params) == code
