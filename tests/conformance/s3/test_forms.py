"""Files that browsers upload with forms, as AWS was recorded to take and refuse them in 2024."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.s3.recorded import HttpAnswer, read, send, send_form

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

LARGE = bytes(range(256)) * 20_000
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)


@pytest.fixture(scope="module")
def s3(emulator: LiveEmulator) -> Any:
    """S3, whose client signs by version 4."""
    from botocore.config import Config  # noqa: PLC0415 - as late as boto3 itself

    return emulator.client("s3", config=Config(signature_version="s3v4"))


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    name = f"forms-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    return name


def post(s3: Any, bucket: str, key: str, file: bytes = b"abcdef", **more: Any) -> HttpAnswer:
    """A form with these fields; its policy wants them so, unless `conditions` says otherwise."""
    fields = {name.replace("_", "-") if name.startswith("x_") else name: text for name, text in more.items()}
    conditions = fields.pop("conditions", None) or [{name: text} for name, text in fields.items()]
    form = s3.generate_presigned_post(bucket, key, Fields=fields, Conditions=conditions)
    return send_form(form["url"], form["fields"], file)


@pytest.mark.parametrize("version", ["s3", "s3v4"])
@pytest.mark.parametrize("file", [b"abcdef", LARGE], ids=["small", "large"])
def test_a_file_is_uploaded(emulator: LiveEmulator, s3: Any, bucket: str, version: str, file: bytes) -> None:
    from botocore.config import Config  # noqa: PLC0415 - as late as boto3 itself

    signer = emulator.client("s3", config=Config(signature_version=version))

    answer = post(signer, bucket, "up/${filename}", file, x_amz_meta_a="b")

    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["location"] == f"{emulator.endpoint}/{bucket}/up%2Fn.txt"
    found = read(s3, Bucket=bucket, Key="up/n.txt")
    assert (found["Body"] == file, found["Metadata"]) == (True, {"a": "b"})
    assert answer.headers["etag"] == found["ETag"]


@pytest.mark.parametrize(("wanted", "status"), [("200", 200), ("201", 201), ("204", 204), ("418", 204)])
def test_a_form_says_with_which_status_it_is_answered(s3: Any, bucket: str, wanted: str, status: int) -> None:
    answer = post(s3, bucket, "status", success_action_status=wanted)

    assert answer.status == status
    if status == 201:
        shown = answer.error
        assert shown == {
            **{"Location": answer.headers["location"], "Bucket": bucket, "Key": "status"},
            "ETag": answer.headers["etag"],
        }


def test_a_form_says_where_its_sender_goes_on(s3: Any, bucket: str) -> None:
    answer = post(s3, bucket, "on", success_action_redirect="http://localhost.test/on?a=b")

    etag = answer.headers["etag"].replace('"', "%22")
    expected = f"http://localhost.test/on?a=b&bucket={bucket}&key=on&etag={etag}"
    assert (answer.status, answer.headers["location"]) == (303, expected)


def test_a_form_tags_its_object(s3: Any, bucket: str) -> None:
    tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b c</Value></Tag></TagSet></Tagging>"

    answers = [post(s3, bucket, "tagged", tagging=text).status for text in (tags, "a=b")]

    assert answers == [204, 400]
    assert s3.get_object_tagging(Bucket=bucket, Key="tagged")["TagSet"] == [{"Key": "a", "Value": "b c"}]


def test_a_file_may_be_a_field_without_a_name(s3: Any, bucket: str) -> None:
    form = s3.generate_presigned_post(bucket, "as-field-${filename}")

    answer = send_form(form["url"], form["fields"], b"text", file_name=None)

    assert answer.status == 204
    assert read(s3, Bucket=bucket, Key="as-field-${filename}")["Body"] == b"text"


GO_ON = "http://localhost.test/random"


@pytest.mark.parametrize(
    ("conditions", "shown"),
    [
        ([["eq", "$success_action_redirect", GO_ON]], f'["eq", "$success_action_redirect", "{GO_ON}"]'),
        ([{"success_action_redirect": GO_ON}], f'["eq", "$success_action_redirect", "{GO_ON}"]'),
        ([["eq", "success_action_redirect", GO_ON]], f'["eq", "success_action_redirect", "{GO_ON}"]'),
        (
            [["starts-with", "$success_action_redirect", "HTTP://"]],
            '["starts-with", "$success_action_redirect", "HTTP://"]',
        ),
        ([["content-length-range", "test", 10]], '["content-length-range", "test", "10"]'),
    ],
    ids=["eq", "simple", "no-dollar", "starts-with", "range"],
)
def test_a_condition_that_does_not_hold(s3: Any, bucket: str, conditions: list[Any], shown: str) -> None:
    answer = post(s3, bucket, "k", conditions=conditions, success_action_redirect="http://localhost.test/other")

    message = f"Invalid according to Policy: Policy Condition failed: {shown}"
    assert (answer.status, answer.error) == (403, {"Code": "AccessDenied", "Message": message})


def test_a_condition_is_about_one_field(s3: Any, bucket: str) -> None:
    answer = post(s3, bucket, "k", conditions=[{"acl": "private", "x-amz-meta-a": "b"}])

    message = "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."
    assert (answer.status, answer.error) == (400, {"Code": "InvalidPolicyDocument", "Message": message})


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (
            12,
            {
                **{"Code": "EntityTooLarge", "Message": "Your proposed upload exceeds the maximum allowed size"},
                **{"ProposedSize": "12", "MaxSizeAllowed": "10"},
            },
        ),
        (
            1,
            {
                **{
                    "Code": "EntityTooSmall",
                    "Message": "Your proposed upload is smaller than the minimum allowed size",
                },
                **{"ProposedSize": "1", "MinSizeAllowed": "5"},
            },
        ),
    ],
)
def test_a_file_is_as_large_as_the_policy_says(s3: Any, bucket: str, size: int, expected: dict[str, str]) -> None:
    answer = post(s3, bucket, "k", b"a" * size, conditions=[["content-length-range", 5, 10]])

    assert (answer.status, answer.error) == (400, expected)


def test_a_field_that_no_condition_is_about(s3: Any, bucket: str) -> None:
    form = s3.generate_presigned_post(bucket, "k")

    more = send_form(form["url"], {**form["fields"], "x-amz-meta-a": "b"}, b"x")
    ignored = send_form(form["url"], {**form["fields"], "x-ignore-a": "b"}, b"x")

    message = "Invalid according to Policy: Extra input fields: x-amz-meta-a"
    assert (more.status, more.error, ignored.status) == (403, {"Code": "AccessDenied", "Message": message}, 204)


def test_a_policy_ends(s3: Any, bucket: str) -> None:
    form = s3.generate_presigned_post(bucket, "k", ExpiresIn=-10)

    answer = send_form(form["url"], form["fields"], b"x")

    message = "Invalid according to Policy: Policy expired."
    assert (answer.status, answer.error) == (403, {"Code": "AccessDenied", "Message": message})


@pytest.mark.parametrize("field", ["key", "X-Amz-Signature", "X-Amz-Credential"])
def test_a_field_that_is_missing(s3: Any, bucket: str, field: str) -> None:
    form = s3.generate_presigned_post(bucket, "k")
    fields = {name: text for name, text in form["fields"].items() if name.lower() != field.lower()}

    answer = send_form(form["url"], fields, b"x")

    message = (
        f"Bucket POST must contain a field named '{field}'.  If it is specified, please check the order of the fields."
    )
    expected = {"Code": "InvalidArgument", "Message": message, "ArgumentName": field, "ArgumentValue": ""}
    assert (answer.status, answer.error) == (400, expected)


def test_a_policy_that_somebody_changed(s3: Any, bucket: str) -> None:
    form = s3.generate_presigned_post(bucket, "k")
    policy = form["fields"]["policy"][:-8]

    answer = send_form(form["url"], {**form["fields"], "policy": policy}, b"x")

    assert answer.status == 403
    assert answer.error == {
        "Code": "SignatureDoesNotMatch",
        "Message": MISMATCH,
        "AWSAccessKeyId": form["fields"]["x-amz-credential"].partition("/")[0],
        "StringToSign": policy,
        "SignatureProvided": form["fields"]["x-amz-signature"],
        "StringToSignBytes": policy.encode().hex(" "),
    }


def test_a_post_to_a_bucket_is_a_form(emulator: LiveEmulator, bucket: str) -> None:
    answer = send(
        "POST", f"{emulator.endpoint}/{bucket}", body=b"a=b", content_type="application/x-www-form-urlencoded"
    )

    assert answer.status == 412
    assert answer.error == {
        "Code": "PreconditionFailed",
        "Message": "At least one of the pre-conditions you specified did not hold",
        "Condition": "Bucket POST must be of the enclosure-type multipart/form-data",
    }


def test_a_form_without_a_policy_is_nobodys(emulator: LiveEmulator, bucket: str) -> None:
    answer = send_form(f"{emulator.endpoint}/{bucket}", {"key": "k"}, b"x")

    assert (answer.status, answer.error) == (403, {"Code": "AccessDenied", "Message": "Access Denied"})


def test_a_user_uploads_what_their_policies_allow(emulator: LiveEmulator, s3: Any, bucket: str) -> None:
    iam = emulator.client("iam")
    name = f"forms-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    before = post(emulator.client("s3", **keys), bucket, "theirs")
    allowed = f'{{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::{bucket}/theirs"}}'
    document = f'{{"Version": "2012-10-17", "Statement": [{allowed}]}}'
    iam.put_user_policy(UserName=name, PolicyName="put", PolicyDocument=document)
    after = post(emulator.client("s3", **keys), bucket, "theirs")

    assert (before.status, before.error["Code"], after.status) == (403, "AccessDenied", 204)
