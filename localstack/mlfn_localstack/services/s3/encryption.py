"""With what an object says it is encrypted: what its request asks for, or what its bucket does by default."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.customer_keys import new_customer_key
from mlfn_localstack.services.s3.errors import invalid_argument

if TYPE_CHECKING:
    from mlfn_localstack.service import Params, RequestContext
    from mlfn_localstack.services.s3.model import Bucket

BY_DEFAULT = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
DEFAULT = {"Rules": [BY_DEFAULT | {"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}]}
"""What a bucket has until it is configured, and again when that is taken away: since April 2026, no keys of clients."""
_ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")


def blocked_types(bucket: Bucket) -> dict[str, Any] | None:
    """The encryption that the bucket's objects may not have; None where nobody ever said."""
    rules: list[dict[str, Any]] = bucket["Settings"].get("ServerSideEncryptionConfiguration", DEFAULT)["Rules"]
    return rules[0].get("BlockedEncryptionTypes")


def encryption_of(context: RequestContext, bucket: Bucket, params: Params) -> dict[str, Any]:
    """What is kept of an object's encryption.

    Raises:
        ServiceError: InvalidArgument: there is no such algorithm, or it takes no such key. AccessDenied: it is blocked.
    """
    own = new_customer_key(params)
    if own:
        if "SSE-C" in (blocked_types(bucket) or {}).get("EncryptionType", []):
            raise _blocked(context, f"{bucket['Name']}/{params['Key']}")
        return own
    rules = bucket["Settings"].get("ServerSideEncryptionConfiguration", DEFAULT)["Rules"]
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {})
    algorithm = params.get("ServerSideEncryption") or default.get("SSEAlgorithm", "AES256")
    if algorithm not in _ALGORITHMS:
        message = "The encryption method specified is not supported"
        raise invalid_argument(message, name="x-amz-server-side-encryption", value=algorithm)
    result = {"ServerSideEncryption": algorithm}
    key = params.get("SSEKMSKeyId")
    if algorithm == "AES256":
        if key:
            message = (
                "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : "
                "aws:kms or aws:kms:dsse"
            )
            raise invalid_argument(message, name="x-amz-server-side-encryption", value=algorithm)
        return result
    by_default = "ServerSideEncryption" not in params
    key = key or (default.get("KMSMasterKeyID") if by_default or default.get("SSEAlgorithm") == algorithm else None)
    if params.get("BucketKeyEnabled", by_default and rules[0].get("BucketKeyEnabled", False)):
        result["BucketKeyEnabled"] = True
    return result | ({"SSEKMSKeyId": _arn(bucket, key)} if key else {})


def _arn(bucket: Bucket, key: str) -> str:
    """A key's ARN; buckets of an earlier state do not say where they are."""
    where = bucket.get("Place")
    if key.startswith("arn:") or where is None or not (key.startswith(("alias/", "mrk-")) or _is_id(key)):
        return key
    return f"arn:aws:kms:{where}:{key if key.startswith('alias/') else f'key/{key}'}"


def _is_id(key: str) -> bool:
    try:
        return str(uuid.UUID(key)) == key
    except ValueError:
        return False


def _blocked(context: RequestContext, path: str) -> ServiceError:
    action = "CopyObject" if context.operation == "CopyObject" else "PutObject"
    message = (
        f'User: {context.caller.arn} is not authorized to perform: s3:{action} on resource: "arn:aws:s3:::{path}" '
        "because this bucket has blocked upload requests that specify Server Side Encryption with Customer provided "
        "keys (SSE-C). Please specify a different server-side encryption type"
    )
    return ServiceError("AccessDenied", message, status=403)
