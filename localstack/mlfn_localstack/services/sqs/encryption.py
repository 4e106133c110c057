"""Messages of queues that have a KMS key: their bodies lie in the queue under data keys of it.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
"""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING

from mlfn_localstack.auth.resource_policies import is_service
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.kms.material import seal, unseal
from mlfn_localstack.services.sqs import errors

if TYPE_CHECKING:
    from mlfn_localstack.service import Caller, Params, RequestContext, Result
    from mlfn_localstack.services.sqs.model import Queue, SqsState

OWN_KEY = "alias/aws/sqs"
"""The key that AWS manages: who may use a queue may use it, services may not."""
_MARK = "\x00"
"""Before a sealed body: no message may hold that character."""


class Encryption:
    """Seals bodies and opens them again, on behalf of who asks: the key's policy is about them."""

    def __init__(self, state: SqsState) -> None:
        self._state = state
        self._keys: dict[tuple[str, str, Caller], tuple[float, bytes, str]] = {}
        """By queue, key and who sends: until when it is used, a data key, and the same encrypted."""
        self._opened: dict[tuple[str, Caller], tuple[float, bytes]] = {}
        """By encrypted data key and who receives."""

    async def sealed(self, context: RequestContext, queue: Queue, body: str) -> str:
        """A body as it lies in its queue.

        Raises:
            ServiceError: KmsAccessDenied, KmsDisabled, KmsInvalidState, KmsNotFound.
        """
        key_id = queue["Attributes"].get("KmsMasterKeyId")
        if not key_id:
            return body
        if key_id == OWN_KEY:
            _refuse_services(context, "kms:GenerateDataKey")
            return body
        arn = self._state.arn(queue["Name"])
        key, encrypted = await self._data_key(context, queue, key_id, arn)
        content = base64.b64encode(seal(key, body.encode("utf-8", "surrogatepass"), arn.encode())).decode()
        return _MARK + json.dumps([arn, encrypted, content])

    async def opened(self, context: RequestContext, queue: Queue, body: str) -> str:
        """A body as it was sent.

        Raises:
            ServiceError: KmsAccessDenied, KmsDisabled, KmsInvalidState, KmsNotFound.
        """
        if not is_sealed(body):
            return body
        arn, encrypted, content = json.loads(body.removeprefix(_MARK))
        key = await self._decrypted(context, queue, encrypted, arn)
        found = unseal(key, base64.b64decode(content), arn.encode())
        if found is None:
            raise ServiceError("KmsInvalidState", "A message cannot be decrypted.")
        return found.decode("utf-8", "surrogatepass")

    async def check(self, context: RequestContext, queue: Queue) -> None:
        """Refuse who may not read what the queue gives next, before it is given.

        Raises:
            ServiceError: KmsAccessDenied, KmsDisabled, KmsInvalidState, KmsNotFound.
        """
        if queue["Attributes"].get("KmsMasterKeyId") == OWN_KEY:
            _refuse_services(context, "kms:Decrypt")
        in_order = queue["Attributes"].get("FifoQueue") == "true"
        for message in self._state.messages.free(queue["Name"], time.time(), 1, in_order=in_order):
            await self.opened(context, queue, message.body)

    async def _data_key(self, context: RequestContext, queue: Queue, key_id: str, arn: str) -> tuple[bytes, str]:
        place, now = (queue["Name"], key_id, context.caller), time.time()
        until, key, encrypted = self._keys.get(place, (0.0, b"", ""))
        if until <= now:
            made = await self._kms(context, "GenerateDataKey", {"KeyId": key_id, "KeySpec": "AES_256"}, arn)
            key, encrypted = made["Plaintext"], base64.b64encode(made["CiphertextBlob"]).decode()
            kept = {other: one for other, one in self._keys.items() if one[0] > now}
            self._keys = kept | {place: (now + _reuse_s(queue), key, encrypted)}
        return key, encrypted

    async def _decrypted(self, context: RequestContext, queue: Queue, encrypted: str, arn: str) -> bytes:
        place, now = (encrypted, context.caller), time.time()
        until, key = self._opened.get(place, (0.0, b""))
        if until <= now:
            made = await self._kms(context, "Decrypt", {"CiphertextBlob": base64.b64decode(encrypted)}, arn)
            key = made["Plaintext"]
            kept = {other: one for other, one in self._opened.items() if one[0] > now}
            self._opened = kept | {place: (now + _reuse_s(queue), key)}
        return key

    async def _kms(self, context: RequestContext, operation: str, params: Params, arn: str) -> Result:
        asked = {**params, "EncryptionContext": {"aws:sqs:arn": arn}}
        gateway = self._state.environment.gateway
        try:
            return await gateway.call("kms", operation, asked, principal=context.caller, source_arn=arn)
        except ServiceError as error:
            raise errors.of_kms(error) from error


def is_sealed(body: str) -> bool:
    """Whether a body lies in its queue sealed."""
    return body.startswith(_MARK)


def _reuse_s(queue: Queue) -> int:
    return int(queue["Attributes"].get("KmsDataKeyReusePeriodSeconds", 0))


def _refuse_services(context: RequestContext, action: str) -> None:
    if is_service(context):
        message = f"User: {context.caller.arn} is not authorized to perform: {action} on resource: {OWN_KEY}"
        raise ServiceError("KmsAccessDenied", message)
