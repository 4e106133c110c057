"""Grants: permissions on a key that are given beside its policy, and taken back one by one.

https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlfn_localstack.store import Store

_CONTEXT = "kms:encryptioncontext:"

Grant = dict[str, Any]
"""A GrantListEntry in boto3's shape, and its `Token`."""


class Grants:
    """All grants."""

    def __init__(self, store: Store) -> None:
        self._documents = store.documents("kms-grant")

    def of(self, key_arn: str) -> list[Grant]:
        """A key's grants."""
        return [grant for grant in self.all() if grant["KeyId"] == key_arn]

    def all(self) -> list[Grant]:
        """Every grant."""
        return [grant for _, grant in self._documents.items()]

    def find(self, grant_id: str) -> Grant | None:
        """A grant by its id, or None."""
        return self._documents.get(grant_id)

    def put(self, grant: Grant) -> None:
        """Write a grant."""
        self._documents.put(grant["GrantId"], grant)

    def delete(self, grant_id: str) -> None:
        """Take a grant back."""
        self._documents.delete(grant_id)

    def allow(self, names: Iterable[str], operation: str, key_arn: str, keys: Mapping[str, tuple[str, ...]]) -> bool:
        """Whether a grant lets one of these principals do the operation with the key, in this encryption context."""
        return any(
            grant["GranteePrincipal"] in names and operation in grant["Operations"] and _fits(grant, keys)
            for grant in self.of(key_arn)
        )


def _fits(grant: Grant, keys: Mapping[str, tuple[str, ...]]) -> bool:
    given = {name.removeprefix(_CONTEXT): value[0] for name, value in keys.items() if name.startswith(_CONTEXT)}
    constraints = grant.get("Constraints", {})
    equal, subset = _lowered(constraints, "EncryptionContextEquals"), _lowered(constraints, "EncryptionContextSubset")
    return (equal is None or equal == given) and (subset is None or subset.items() <= given.items())


def _lowered(constraints: Mapping[str, dict[str, str]], name: str) -> dict[str, str] | None:
    """An encryption context as condition keys name it: those do not tell capitals."""
    wanted = constraints.get(name)
    return None if wanted is None else {key.lower(): value for key, value in wanted.items()}
