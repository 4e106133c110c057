"""Items of a table under a customer's key: who reads or writes them uses the key, in their own name, through DynamoDB.

https://docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Caller, Params, RequestContext
    from mlfn_localstack.services.kms.access import KeyAccess
    from mlfn_localstack.store import Store

_ITEMS = frozenset(
    {
        *("dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem"),
        *("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem"),
        *("dynamodb:PartiQLDelete", "dynamodb:PartiQLInsert", "dynamodb:PartiQLSelect", "dynamodb:PartiQLUpdate"),
    }
)
_HIDDEN = (
    "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not"
    " allowed to access."
)
"""What is told of a key instead, where items are asked for."""
_REMEMBERED_S = 1.0
"""How long who was let use a key is not asked about again; AWS does so for five minutes."""
_MOST_REMEMBERED = 1_000


class TableKeyAccess:
    """Whether callers may use the keys of tables."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys = store.documents("kms-key")
        self._aliases = store.documents("kms-alias")
        self._access: KeyAccess | None = None
        self._until: dict[tuple[Caller, str], float] = {}

    def check(self, context: RequestContext, action: str, table: dict[str, Any]) -> None:
        """Return if the caller may use the key of a table, or what they do takes no key.

        Raises:
            ServiceError: AccessDeniedException.
        """
        given = (table["encryption"] or {}).get("KMSMasterKeyId")
        if action not in _ITEMS or not given:
            return
        place, now = (context.caller, table["arn"]), time.monotonic()
        if self._until.get(place, 0.0) < now:
            self._ask(context, table, self._key_id(given))
            if len(self._until) >= _MOST_REMEMBERED:
                self._until.clear()
            self._until[place] = now + _REMEMBERED_S

    def check_new(self, context: RequestContext, params: Params) -> None:
        """Return if the caller may put a table under the key that a request names, if it names one.

        Raises:
            ServiceError: AccessDeniedException.
        """
        key_id = self._key_id((params["SSESpecification"] or {}).get("KMSMasterKeyId") or "")
        name = str(params.get("TableName")).rpartition("/")[2]
        arn = f"arn:aws:dynamodb:{context.region}:{context.account_id}:table/{name}"
        more = {"kms:grantisforawsresource": ("true",)}
        try:
            self._use(context._replace(operation="CreateGrant", source_arn=arn), name, key_id, more)
        except ServiceError as error:
            raise _denied(error.message) from error

    def _ask(self, context: RequestContext, table: dict[str, Any], key_id: str) -> None:
        try:
            self._use(context._replace(operation="Decrypt", source_arn=table["arn"]), table["name"], key_id, {})
        except ServiceError as error:
            raise _denied(_HIDDEN) from error

    def _key_id(self, given: str) -> str:
        """The id of the key that an ARN, an id or an alias stands for; nothing if there is none of that alias."""
        name = given.rpartition(":")[2]
        if not name.startswith("alias/"):
            return name.removeprefix("key/")
        alias: dict[str, str] = self._aliases.get(name) or {}
        return alias.get("TargetKeyId", "")

    def _use(self, context: RequestContext, table: str, key_id: str, more: Mapping[str, tuple[str, ...]]) -> None:
        key = self._keys.get(key_id)
        if key is None:  # it is AWS's own; or there is none, which DynamoDB says
            return
        about = {"tablename": table, "subscriberid": context.account_id}
        keys = {f"kms:encryptioncontext:aws:dynamodb:{name}": (value,) for name, value in about.items()}
        self._key_access().check(context._replace(service="kms"), key, {**keys, **more})

    def _key_access(self) -> KeyAccess:
        if self._access is None:
            from mlfn_localstack.services.kms.access import KeyAccess  # noqa: PLC0415 - services import this package
            from mlfn_localstack.services.kms.grants import Grants  # noqa: PLC0415

            self._access = KeyAccess(self._store, Grants(self._store))
        return self._access


def _denied(reason: str) -> ServiceError:
    return ServiceError(
        "AccessDeniedException",
        f"KMS key access denied error: com.amazonaws.services.kms.model.AWSKMSException: {reason} (Service: AWSKMS;"
        f" Status Code: 400; Error Code: AccessDeniedException; Request ID: {uuid.uuid4()}; Proxy: null)",
    )
