"""Items of a table under a customer's key: who reads or writes them uses the key, in their own name, through DynamoDB.

https://docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.service import Caller, RequestContext
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
_REMEMBERED_S = 1.0
"""How long who was let use a key is not asked about again; AWS does so for five minutes."""
_MOST_REMEMBERED = 1_000


class TableKeyAccess:
    """Whether callers may use the keys of tables."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys = store.documents("kms-key")
        self._access: KeyAccess | None = None
        self._until: dict[tuple[Caller, str], float] = {}

    def check(self, context: RequestContext, action: str, table: dict[str, Any]) -> None:
        """Return if the caller may use the key of a table, or what they do takes no key.

        Raises:
            ServiceError: AccessDeniedException.
        """
        given = str((table["encryption"] or {}).get("KMSMasterKeyId") or "")
        if action not in _ITEMS or ":key/" not in given:  # it is AWS's own
            return
        place, now = (context.caller, table["arn"]), time.monotonic()
        if self._until.get(place, 0.0) < now:
            self._ask(context, table, given.rpartition("/")[2])
            if len(self._until) >= _MOST_REMEMBERED:
                self._until.clear()
            self._until[place] = now + _REMEMBERED_S

    def _ask(self, context: RequestContext, table: dict[str, Any], key_id: str) -> None:
        key = self._keys.get(key_id)
        if key is None:  # DynamoDB says that it is gone
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
