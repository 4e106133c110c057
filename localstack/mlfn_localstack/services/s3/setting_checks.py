"""What a bucket's settings have to be, and in which words S3 says that they are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.protocols.xml_values import malformed_xml
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.acl import lets_others_in
from mlfn_localstack.services.s3.bucket_policies import check_policy
from mlfn_localstack.services.s3.encryption import BY_DEFAULT, blocked_types
from mlfn_localstack.services.s3.errors import invalid_argument, invalid_request
from mlfn_localstack.services.s3.lifecycle_checks import check_lifecycle
from mlfn_localstack.services.s3.tags import bucket_tags
from mlfn_localstack.services.s3.unserved import unsupported
from mlfn_localstack.services.s3.website_checks import check_website

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.services.s3.model import Bucket

OWNERSHIPS = ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")
BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_METHODS = ("GET", "PUT", "HEAD", "POST", "DELETE")


def checked(member: str, value: Any, bucket: Bucket, *, by_service: bool = False) -> Any:
    """The setting as it is to be stored; None: as if it were deleted.

    Raises:
        ServiceError: it is not allowed.
    """
    if member == "Tagging":
        bucket_tags(value["TagSet"], by_service=by_service)
        return value if value["TagSet"] else None
    check = _CHECKS.get(member)
    return check(value, bucket) if check else value


def _policy(value: Any, bucket: Bucket) -> Any:
    check_policy(value, bucket)
    return value


def _versioning(value: Any, bucket: Bucket) -> Any:
    status = value.get("Status")
    if status is None:
        message = "The Versioning element must be specified"
        raise ServiceError("IllegalVersioningConfigurationException", message)
    if status not in ("Enabled", "Suspended"):
        raise malformed_xml()
    if value.get("MFADelete") == "Enabled":
        raise unsupported("MFADelete: nobody has a device here")
    if "ObjectLockConfiguration" in bucket["Settings"] and status != "Enabled":
        message = "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
        raise ServiceError("InvalidBucketState", message, status=409)
    return value


def _object_lock(value: Any, bucket: Bucket) -> Any:
    if value.get("ObjectLockEnabled") != "Enabled":
        raise malformed_xml()
    if "Rule" in value:
        retention = value["Rule"].get("DefaultRetention", {})
        if "Mode" not in retention or ("Days" in retention) == ("Years" in retention):
            raise malformed_xml()
        if (retention.get("Days") or retention.get("Years")) < 1:
            raise invalid_argument("Default retention period must be a positive integer value")
    if bucket["Settings"].get("VersioningConfiguration", {}).get("Status") != "Enabled":
        message = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        raise ServiceError("InvalidBucketState", message, status=409)
    return value


def _encryption(value: Any, bucket: Bucket) -> Any:
    rules = value.get("Rules", [])
    if len(rules) != 1 or not rules[0].keys() & {"ApplyServerSideEncryptionByDefault", "BlockedEncryptionTypes"}:
        raise malformed_xml()
    rule = BY_DEFAULT | rules[0]
    default = rule["ApplyServerSideEncryptionByDefault"]
    if default.get("SSEAlgorithm") not in ("AES256", "aws:kms", "aws:kms:dsse"):
        raise malformed_xml()
    if default["SSEAlgorithm"] == "AES256" and "KMSMasterKeyID" in default:
        message = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
        raise invalid_argument(message, name="ApplyServerSideEncryptionByDefault")
    blocked = rule.get("BlockedEncryptionTypes", blocked_types(bucket))
    if blocked is None:
        return {"Rules": [rule]}
    if not set(blocked.get("EncryptionType", [""])) <= {"NONE", "SSE-C"}:
        raise malformed_xml()
    return {"Rules": [rule | {"BlockedEncryptionTypes": blocked}]}


def _ownership(value: Any, bucket: Bucket) -> Any:
    rules = value.get("Rules", [])
    if len(rules) != 1 or rules[0].get("ObjectOwnership") not in OWNERSHIPS:
        raise malformed_xml()
    if rules[0]["ObjectOwnership"] == "BucketOwnerEnforced" and lets_others_in(bucket):
        message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
        raise ServiceError("InvalidBucketAclWithObjectOwnership", message)
    return value


def _acceleration(value: Any, bucket: Bucket) -> Any:
    if value.get("Status") not in ("Enabled", "Suspended"):
        raise malformed_xml()
    if "." in bucket["Name"]:
        message = "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names"
        raise invalid_request(message)
    return value


def _logging(value: Any, bucket: Bucket) -> Any:
    return value if "LoggingEnabled" in value else None


def _payment(value: Any, bucket: Bucket) -> Any:
    if value.get("Payer") not in ("BucketOwner", "Requester"):
        raise malformed_xml()
    return value


def _cors(value: Any, bucket: Bucket) -> Any:
    if not value.get("CORSRules"):
        raise malformed_xml()
    for rule in value["CORSRules"]:
        _check_cors_rule(rule)
    return value


def _check_cors_rule(rule: dict[str, Any]) -> None:
    for method in rule["AllowedMethods"]:
        if method not in _METHODS:
            message = f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            raise invalid_request(message)
    for member, name in (("AllowedOrigins", "AllowedOrigin"), ("AllowedHeaders", "AllowedHeader")):
        for text in rule.get(member, ()):
            if text.count("*") > 1:
                raise invalid_request(f'{name} "{text}" can not have more than one wildcard.')
    for text in rule.get("ExposeHeaders", ()):
        if "*" in text:
            message = f'ExposeHeader "{text}" contains wildcard. We currently do not support wildcard for ExposeHeader.'
            raise invalid_request(message)


def _public_access(value: Any, bucket: Bucket) -> Any:
    if not value:
        raise invalid_request("Must specify at least one configuration.")
    return dict.fromkeys(BLOCKS, False) | value


def _website(value: Any, bucket: Bucket) -> Any:
    check_website(value)
    return value


def _lifecycle(value: Any, bucket: Bucket) -> Any:
    return check_lifecycle(value)


_CHECKS: dict[str, Callable[[Any, Bucket], Any]] = {
    "AccelerateConfiguration": _acceleration,
    "BucketLoggingStatus": _logging,
    "CORSConfiguration": _cors,
    "LifecycleConfiguration": _lifecycle,
    "ObjectLockConfiguration": _object_lock,
    "OwnershipControls": _ownership,
    "Policy": _policy,
    "PublicAccessBlockConfiguration": _public_access,
    "RequestPaymentConfiguration": _payment,
    "ServerSideEncryptionConfiguration": _encryption,
    "VersioningConfiguration": _versioning,
    "WebsiteConfiguration": _website,
}
