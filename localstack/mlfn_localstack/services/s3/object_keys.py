"""Objects under a key of KMS: whoever puts or gets one uses the key, in their own name and through S3.

What lies in the emulator's state is not encrypted; that the key is needed, and where it is gone that nothing opens, is
as on AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.principals import ANONYMOUS
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.errors import invalid_argument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Environment, Params, RequestContext, Result
    from mlfn_localstack.services.s3.model import Version

OWN_KEY = "alias/aws/s3"
"""What stands for the key that AWS manages: anybody in the account uses it through S3."""
SEALED = "DataKey"
"""The property of a version that holds its data key, encrypted; never shown."""


class ObjectKeys:
    """Uses keys on behalf of who asks."""

    def __init__(self, environment: Environment) -> None:
        self._gateway = environment.gateway

    async def seal(self, context: RequestContext, params: Params, kept: dict[str, Any]) -> None:
        """Add to an object's properties what its key gave for it, if it has one.

        Raises:
            ServiceError: the caller may not use the key, or nobody can.
        """
        key_id = kept.get("SSEKMSKeyId")
        if key_id is None or key_id.endswith(OWN_KEY):
            return
        place = _place(params["Bucket"], params["Key"], kept)
        made = await self._use(context, "GenerateDataKey", params["Bucket"], place, {"KeyId": key_id, **_SPEC})
        kept["SSEKMSKeyId"] = made["KeyId"]
        kept[SEALED] = base64.b64encode(made["CiphertextBlob"]).decode()

    async def open(self, context: RequestContext, version: Version) -> None:
        """Return if the caller may read a version.

        Raises:
            ServiceError: they may not use its key, or nobody can.
        """
        sealed = version.properties.get(SEALED)
        if sealed is None:
            return
        place = _place(version.bucket, version.key, version.properties)
        asked = {"CiphertextBlob": base64.b64decode(sealed), "KeyId": version.properties["SSEKMSKeyId"]}
        await self._use(context, "Decrypt", version.bucket, place, asked)

    async def _use(self, context: RequestContext, operation: str, bucket: str, place: str, params: Params) -> Result:
        if context.caller.arn == ANONYMOUS:
            message = (
                "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4."
            )
            raise invalid_argument(message, name="Authorization", value="null")
        asked = {**params, "EncryptionContext": {"aws:s3:arn": place}}
        source = f"arn:aws:s3:::{bucket}"
        try:
            return await self._gateway.call("kms", operation, asked, principal=context.caller, source_arn=source)
        except ServiceError as error:
            if error.code == "AccessDeniedException":
                raise ServiceError("AccessDenied", error.message, status=403) from error
            raise ServiceError(f"KMS.{error.code}", error.message) from error


_SPEC = {"KeySpec": "AES_256"}


def _place(bucket: str, key: str, kept: Mapping[str, Any]) -> str:
    """What a data key is bound to: its object, or with a bucket key the bucket."""
    return f"arn:aws:s3:::{bucket}" if kept.get("BucketKeyEnabled") else f"arn:aws:s3:::{bucket}/{key}"
