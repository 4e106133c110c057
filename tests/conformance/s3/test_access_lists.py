"""Access control lists: how they are given, shown and refused."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conformance.s3.recorded import OWNER_ID, answer, refusal

OWNER = OWNER_ID
OWN = {"Grantee": {"ID": OWNER, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}
EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"


def group(uri: str, permission: str) -> dict[str, Any]:
    """A grant to everybody who is in a group."""
    return {"Grantee": {"Type": "Group", "URI": uri}, "Permission": permission}


def whole(*grants: Any, owner: str = OWNER) -> dict[str, Any]:
    """A request that gives a whole list."""
    return {"AccessControlPolicy": {"Owner": {"ID": owner}, "Grants": list(grants)}}


@pytest.fixture
def listed(s3: Any, bucket: str) -> str:
    """A bucket whose lists are on, and may be public, with an object `k`."""
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    return bucket


GIVEN: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    ({"ACL": "private"}, [OWN]),
    ({"ACL": "public-read"}, [OWN, group(EVERYBODY, "READ")]),
    ({"ACL": "public-read-write"}, [OWN, group(EVERYBODY, "READ"), group(EVERYBODY, "WRITE")]),
    ({"ACL": "log-delivery-write"}, [OWN, group(DELIVERY, "WRITE"), group(DELIVERY, "READ_ACP")]),
    ({"GrantRead": f'uri="{DELIVERY}"'}, [group(DELIVERY, "READ")]),
    ({"GrantReadACP": f'id="{OWNER}",uri={DELIVERY}'}, [OWN | {"Permission": "READ_ACP"}, group(DELIVERY, "READ_ACP")]),
    (whole(OWN, group(DELIVERY, "WRITE")), [OWN, group(DELIVERY, "WRITE")]),
]


@pytest.mark.parametrize(("params", "grants"), GIVEN, ids=[str(number) for number in range(len(GIVEN))])
def test_a_list_is_shown_as_it_was_given(
    s3: Any, listed: str, params: dict[str, Any], grants: list[dict[str, Any]]
) -> None:
    s3.put_bucket_acl(Bucket=listed, **params)
    s3.put_object_acl(Bucket=listed, Key="k", **params)

    expected = {"Owner": {"ID": OWNER}, "Grants": grants}
    assert answer(s3.get_bucket_acl(Bucket=listed)) == expected
    assert answer(s3.get_object_acl(Bucket=listed, Key="k")) == expected


def test_an_object_is_put_with_a_list_and_copied_without(s3: Any, listed: str) -> None:
    s3.put_object(Bucket=listed, Key="open", Body=b"x", ACL="public-read")
    s3.copy_object(Bucket=listed, Key="copy", CopySource=f"{listed}/open")
    upload = s3.create_multipart_upload(Bucket=listed, Key="parts", GrantRead=f'uri="{EVERYBODY}"')["UploadId"]
    part = s3.upload_part(Bucket=listed, Key="parts", UploadId=upload, PartNumber=1, Body=b"1")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket=listed, Key="parts", UploadId=upload, MultipartUpload=parts)

    found = {key: s3.get_object_acl(Bucket=listed, Key=key)["Grants"] for key in ("open", "copy", "parts")}

    assert found == {"open": [OWN, group(EVERYBODY, "READ")], "copy": [OWN], "parts": [group(EVERYBODY, "READ")]}
    assert "Acl" not in s3.head_object(Bucket=listed, Key="open")


def test_a_bucket_is_made_with_a_list(s3: Any, bucket: str) -> None:
    name = f"{bucket}-logs"

    s3.create_bucket(Bucket=name, ACL="log-delivery-write", ObjectOwnership="BucketOwnerPreferred")

    assert group(DELIVERY, "WRITE") in s3.get_bucket_acl(Bucket=name)["Grants"]


MALFORMED = {
    "Code": "MalformedACLError",
    "Message": "The XML you provided was not well-formed or did not validate against our published schema",
}


def argument(message: str, name: str, value: str) -> dict[str, str]:
    """The error about one argument."""
    return {"Code": "InvalidArgument", "Message": message, "ArgumentName": name, "ArgumentValue": value}


FAKE = "http://acs.amazonaws.com/groups/s3/FakeGroup"
REFUSED: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"GrantWrite": f'uri="{FAKE}"'}, argument("Invalid group uri", "uri", FAKE)),
    (
        {"GrantWrite": 'fakekey="1234"'},
        argument("Argument format not recognized", "x-amz-grant-write", 'fakekey="1234"'),
    ),
    ({"GrantWrite": 'id="wrong-id"'}, argument("Invalid id", "id", "wrong-id")),
    ({"AccessControlPolicy": {}}, MALFORMED),
    ({"AccessControlPolicy": {"Grants": [OWN]}}, MALFORMED),
    (whole(OWN | {"Permission": "EVERYTHING"}), MALFORMED),
    (whole(OWN, owner="wrong-id"), argument("Invalid id", "CanonicalUser/ID", "wrong-id")),
    (
        whole({"Grantee": {"ID": "wrong-id", "Type": "CanonicalUser"}, "Permission": "READ"}),
        argument("Invalid id", "CanonicalUser/ID", "wrong-id"),
    ),
    (whole(group(FAKE, "READ")), argument("Invalid group uri", "Group/URI", FAKE)),
    (
        {"ACL": "public-read", "GrantRead": f'uri="{DELIVERY}"'},
        {"Code": "InvalidRequest", "Message": "Specifying both Canned ACLs and Header Grants is not allowed"},
    ),
    (
        {"ACL": "public-read", **whole(OWN)},
        {"Code": "UnexpectedContent", "Message": "This request does not support content"},
    ),
]


@pytest.mark.parametrize(("params", "error"), REFUSED, ids=[str(number) for number in range(len(REFUSED))])
def test_a_list_that_is_none(s3: Any, listed: str, params: dict[str, Any], error: dict[str, str]) -> None:
    assert refusal(s3.put_bucket_acl, Bucket=listed, **params) == (400, error)
    assert refusal(s3.put_object_acl, Bucket=listed, Key="k", **params) == (400, error)


def test_addresses_are_nobody_any_more(s3: Any, listed: str) -> None:
    status, error = refusal(s3.put_bucket_acl, Bucket=listed, GrantRead='emailAddress="a@example.com"')

    assert (status, error["Code"]) == (405, "MethodNotAllowed")


def test_lists_stay_on_while_one_lets_others_in(s3: Any, listed: str) -> None:
    s3.put_bucket_acl(Bucket=listed, ACL="public-read")
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}

    found = refusal(s3.put_bucket_ownership_controls, Bucket=listed, OwnershipControls=enforced)

    message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
    assert found == (400, {"Code": "InvalidBucketAclWithObjectOwnership", "Message": message})


@pytest.mark.parametrize(
    ("operation", "params", "action", "resource"),
    [
        ("put_bucket_acl", {}, "s3:PutBucketAcl", ""),
        ("put_object_acl", {"Key": "k"}, "s3:PutObjectAcl", "/k"),
        ("put_object", {"Key": "n"}, "s3:PutObject", "/n"),
    ],
)
def test_public_lists_are_blocked_by_name(
    s3: Any, listed: str, operation: str, params: dict[str, str], action: str, resource: str
) -> None:
    s3.put_public_access_block(Bucket=listed, PublicAccessBlockConfiguration={"BlockPublicAcls": True})

    found = refusal(getattr(s3, operation), Bucket=listed, ACL="public-read", **params)

    message = (
        f"User: arn:aws:iam::000000000000:root is not authorized to perform: {action} on resource: "
        f'"arn:aws:s3:::{listed}{resource}" because public ACLs are prevented by the BlockPublicAcls setting in S3 '
        "Block Public Access."
    )
    assert found == (403, {"Code": "AccessDenied", "Message": message})


def test_an_account_is_called_by_64_digits_everywhere(s3: Any, listed: str) -> None:
    shown = (
        s3.list_buckets()["Owner"],
        s3.get_bucket_acl(Bucket=listed)["Owner"],
        s3.list_objects_v2(Bucket=listed, FetchOwner=True)["Contents"][0]["Owner"],
        s3.list_object_versions(Bucket=listed)["Versions"][0]["Owner"],
    )

    assert shown == ({"ID": OWNER},) * 4
    assert len(OWNER) == 64
    refused = refusal(s3.put_bucket_acl, Bucket=listed, GrantRead='id="000000000000"')[1]
    assert (refused["Code"], refused["Message"]) == ("InvalidArgument", "Invalid id")


def test_kinds_of_grantees_are_written_in_any_case(s3: Any, listed: str) -> None:
    s3.put_bucket_acl(Bucket=listed, GrantRead=f"ID={OWNER},URI={DELIVERY}")

    refused = refusal(s3.put_bucket_acl, Bucket=listed, GrantRead="emailaddress=a@example.com")

    assert len(s3.get_bucket_acl(Bucket=listed)["Grants"]) == 2
    assert (refused[0], refused[1]["Code"]) == (405, "MethodNotAllowed")
