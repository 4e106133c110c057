"""With what an object says it is encrypted: what its request asks for, or what its bucket does by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.s3.customer_keys import new_customer_key
from mlfn_localstack.services.s3.errors import invalid_argument

if TYPE_CHECKING:
    from mlfn_localstack.service import Params
    from mlfn_localstack.services.s3.model import Bucket

DEFAULT = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]}
"""What a bucket has until it is configured, and again when that is taken away."""
_ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")


def encryption_of(bucket: Bucket, params: Params) -> dict[str, Any]:
    """What is kept of an object's encryption.

    Raises:
        ServiceError: InvalidArgument: there is no such algorithm, or it takes no such key.
    """
    own = new_customer_key(params)
    if own:
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
    if key.startswith("arn:") or where is None:
        return key
    return f"arn:aws:kms:{where}:{key if key.startswith('alias/') else f'key/{key}'}"
