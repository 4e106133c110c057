"""Forms whose policy is signed, by either version of the signature.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION_4 = {
    "x-amz-signature": "X-Amz-Signature",
    "x-amz-algorithm": "X-Amz-Algorithm",
    "x-amz-credential": "X-Amz-Credential",
    "x-amz-date": "X-Amz-Date",
}
VERSION_2 = {"signature": "Signature", "awsaccesskeyid": "AWSAccessKeyId"}
"""Lower-case names of fields, and how refusals call them."""


def has_signature(fields: Mapping[str, str], names: Mapping[str, str]) -> bool:
    """Whether a form is signed in this way.

    Raises:
        ServiceError: InvalidArgument: in parts.
    """
    missing = [shown for name, shown in names.items() if name not in fields]
    if len(missing) == len(names):
        return False
    if missing:
        raise missing_field(missing[0])
    return True


def missing_field(name: str) -> ServiceError:
    """A field is not there, or comes after the file."""
    message = (
        f"Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields."
    )
    return ServiceError("InvalidArgument", message, fields={"ArgumentName": name, "ArgumentValue": ""})
