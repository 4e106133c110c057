"""Tables under a key of their owner's: where nobody can use the key, nobody can use the table.

What lies in the emulator's state is not encrypted; that the key is needed is as on AWS:
https://docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.dynamodb.errors import of_kms
from mlfn_localstack.services.kms.model import KmsState, usable

if TYPE_CHECKING:
    from mlfn_localstack.service import Environment
    from mlfn_localstack.services.dynamodb.model import Table

_OWN = "alias/aws/dynamodb"
"""What stands for the key that AWS manages: anybody in the account uses it through DynamoDB."""
_LIMITED = '"ValidTo"'
"""In what KMS keeps of a key: it is of no use any more once a time has passed."""


class TableKeys:
    """Asks KMS for the keys of tables."""

    def __init__(self, environment: Environment) -> None:
        self._kms = KmsState(environment)
        self._known: dict[str, str] = {}
        """By ARN: what KMS keeps of keys that were found usable, and are as long as that is the same."""
        self._since: dict[str, float] = {}
        """When a table's key was first found to be of no use, by the table's id."""

    def settled(self, encryption: dict[str, Any] | None) -> dict[str, Any] | None:
        """An SSESpecification with the ARN of the key for whatever names it: an alias is looked up once.

        Raises:
            ServiceError: ValidationException, nobody can use the key.
        """
        given = key_of(encryption)
        return {**(encryption or {}), "KMSMasterKeyId": self._usable(given)} if given else encryption

    def check(self, table: Table) -> None:
        """Return if items of a table can be read and written.

        Raises:
            ServiceError: ValidationException.
        """
        given = key_of(table.encryption)
        if given is None:
            return
        kept = self._kms.keys.text(given.rpartition("/")[2])
        if kept is not None and self._known.get(given) == kept:
            return
        self._usable(given)
        if kept is not None and _LIMITED not in kept:
            self._known[given] = kept

    def inaccessible_since(self, table: Table) -> float | None:
        """When it was found that a table's items cannot be read; None: they can."""
        try:
            self.check(table)
        except ServiceError:
            return self._since.setdefault(table.uuid, round(time.time(), 3))
        self._since.pop(table.uuid, None)
        return None

    def _usable(self, given: str) -> str:
        try:
            arn: str = usable(self._kms.key(given))["Metadata"]["Arn"]
        except ServiceError as error:
            raise of_kms(error) from error
        return arn


def key_of(encryption: dict[str, Any] | None) -> str | None:
    """The key of the owner's that an SSESpecification names, if it does."""
    given: str | None = (encryption or {}).get("KMSMasterKeyId")
    return given if given and not given.endswith(_OWN) else None
