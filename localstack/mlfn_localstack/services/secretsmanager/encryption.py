"""Values as they lie in the store: sealed under a data key of a KMS key, or under the emulator's own master key.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.kms.material import MasterKey, seal, unseal
from mlfn_localstack.services.secretsmanager import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Environment, Params, RequestContext, Result
    from mlfn_localstack.services.secretsmanager.model import Version

OWN_KEY = "alias/aws/secretsmanager"
"""What stands for the key that AWS manages: anybody in the account uses it through Secrets Manager."""


class Encryption:
    """Seals values and opens them again, on behalf of who asks: the key's policy is about them."""

    def __init__(self, environment: Environment) -> None:
        self._gateway = environment.gateway
        self._master = MasterKey(environment.state_dir / "kms-master.key")

    async def sealed(
        self, context: RequestContext, key_id: str | None, place: tuple[str, str], value: Mapping[str, Any]
    ) -> Version:
        """A value (`SecretString` or `SecretBinary`) of a place (ARN and version id), as it is stored.

        Raises:
            ServiceError: AccessDeniedException, EncryptionFailure.
        """
        (kind,) = value
        content = value[kind].encode() if kind == "SecretString" else bytes(value[kind])
        if key_id is None or key_id == OWN_KEY:
            return {"Kind": kind, "Sealed": _text(self._master.wrap(content, ":".join(place)))}
        made = await self._kms(context, "GenerateDataKey", place, {"KeyId": key_id, "KeySpec": "AES_256"})
        sealed = seal(made["Plaintext"], content, _bound_to(place))
        return {"Kind": kind, "Sealed": _text(sealed), "DataKey": _text(made["CiphertextBlob"]), "Key": made["KeyId"]}

    async def opened(self, context: RequestContext, place: tuple[str, str], version: Version) -> dict[str, Any]:
        """A version's value, as `SecretString` or `SecretBinary`.

        Raises:
            ServiceError: AccessDeniedException, DecryptionFailure.
        """
        sealed = base64.b64decode(version["Sealed"])
        if "DataKey" not in version:
            content = self._master.unwrap(sealed, ":".join(place))
        else:
            asked = {"CiphertextBlob": base64.b64decode(version["DataKey"]), "KeyId": version["Key"]}
            key = (await self._kms(context, "Decrypt", place, asked))["Plaintext"]
            found = unseal(key, sealed, _bound_to(place))
            if found is None:
                raise errors.key_failed("Decrypt")
            content = found
        return {version["Kind"]: content.decode() if version["Kind"] == "SecretString" else content}

    async def _kms(self, context: RequestContext, operation: str, place: tuple[str, str], params: Params) -> Result:
        asked = {**params, "EncryptionContext": {"SecretARN": place[0], "SecretVersionId": place[1]}}
        try:
            return await self._gateway.call("kms", operation, asked, principal=context.caller, source_arn=place[0])
        except ServiceError as error:
            if error.code == "AccessDeniedException":
                raise errors.key_denied() from error
            raise errors.key_failed(operation) from error


def _bound_to(place: tuple[str, str]) -> bytes:
    return json.dumps(place).encode()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
