"""Secure values as they lie in the store: encrypted by a KMS key, or under the emulator's own master key.

https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.kms.material import MasterKey
from mlfn_localstack.services.ssm import errors

if TYPE_CHECKING:
    from mlfn_localstack.service import Environment, Params, RequestContext, Result

OWN_KEY = "alias/aws/ssm"
"""What stands for the key that AWS manages: anybody in the account uses it through the Parameter Store."""
SECURE = "SecureString"


class Encryption:
    """Encrypts values and opens them again, on behalf of who asks."""

    def __init__(self, environment: Environment) -> None:
        self._gateway = environment.gateway
        self._master = MasterKey(environment.state_dir / "kms-master.key")

    async def sealed(self, context: RequestContext, arn: str, key_id: str, value: str) -> str:
        """A value of the parameter with this ARN, as it is stored.

        Raises:
            ServiceError: AccessDeniedException, InvalidKeyId.
        """
        if key_id == OWN_KEY:
            return _text(self._master.wrap(value.encode(), arn))
        made = await self._kms(context, "Encrypt", arn, {"KeyId": key_id, "Plaintext": value.encode()})
        return _text(made["CiphertextBlob"])

    async def opened(self, context: RequestContext, arn: str, key_id: str, sealed: str) -> str:
        """The value itself.

        Raises:
            ServiceError: AccessDeniedException, InvalidKeyId.
        """
        if key_id == OWN_KEY:
            return self._master.unwrap(base64.b64decode(sealed), arn).decode()
        asked = {"KeyId": key_id, "CiphertextBlob": base64.b64decode(sealed)}
        plaintext: bytes = (await self._kms(context, "Decrypt", arn, asked))["Plaintext"]
        return plaintext.decode()

    async def _kms(self, context: RequestContext, operation: str, arn: str, params: Params) -> Result:
        asked = {**params, "EncryptionContext": {"PARAMETER_ARN": arn}}
        try:
            return await self._gateway.call("kms", operation, asked, principal=context.caller, source_arn=arn)
        except ServiceError as error:
            if error.code == "AccessDeniedException":
                raise
            raise errors.key_failed(f"{error.message} (Service: AWSKMS; Error Code: {error.code})") from error


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
