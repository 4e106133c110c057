"""Items of a table under a customer's key: who reads or writes them uses the key, in their own name, through DynamoDB.

https://docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.service import RequestContext
    from mlfn_localstack.services.kms.access import KeyAccess
    from mlfn_localstack.store import Store

_ITEMS = frozenset(
    {
        *("dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem"),
        *("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem"),
        *("dynamodb:PartiQLDelete", "dynamodb:PartiQLInsert", "dynamodb:PartiQLSelect", "dynamodb:PartiQLUpdate"),
    }
)
_REFUSED = (
    "KMS key access denied error: com.amazonaws.services.kms.model.AWSKMSException: The ciphertext refers to a customer"
    " master key that does not exist, does not exist in this region, or you are not allowed to access. (Service:"
    " AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: {id}; Proxy: null)"
)


class TableKeyAccess:
    """Whether callers may use the keys of tables."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys = store.documents("kms-key")
        self._access: KeyAccess | None = None

    def check(self, context: RequestContext, action: str, table: dict[str, Any]) -> None:
        """Return if the caller may use the key of a table, or what they do takes no key.

        Raises:
            ServiceError: AccessDeniedException.
        """
        given = str((table["encryption"] or {}).get("KMSMasterKeyId") or "")
        key = self._keys.get(given.rpartition("/")[2]) if action in _ITEMS and ":key/" in given else None
        if key is None:  # it is AWS's own; or it is gone, which DynamoDB says
            return
        through = context._replace(service="kms", operation="Decrypt", source_arn=table["arn"])
        about = {"tablename": table["name"], "subscriberid": context.account_id}
        keys = {f"kms:encryptioncontext:aws:dynamodb:{name}": (value,) for name, value in about.items()}
        try:
            self._key_access().check(through, key, keys)
        except ServiceError as error:
            raise ServiceError("AccessDeniedException", _REFUSED.format(id=uuid.uuid4())) from error

    def _key_access(self) -> KeyAccess:
        if self._access is None:
            from mlfn_localstack.services.kms.access import KeyAccess  # noqa: PLC0415 - services import this package
            from mlfn_localstack.services.kms.grants import Grants  # noqa: PLC0415

            self._access = KeyAccess(self._store, Grants(self._store))
        return self._access
