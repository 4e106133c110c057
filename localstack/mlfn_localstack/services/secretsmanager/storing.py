"""How a value becomes a version of its secret: once for each token."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.secretsmanager import errors, staging

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.service import Params, RequestContext
    from mlfn_localstack.services.secretsmanager.encryption import Encryption
    from mlfn_localstack.services.secretsmanager.model import Secret, SecretState, Version

Value = dict[str, Any]
"""`SecretString` or `SecretBinary`."""
_LARGEST = 65_536
_KEPT = ("Stages", "CreatedDate", "LastAccessedDate")


class Storing:
    """Adds versions to secrets."""

    def __init__(self, state: SecretState, encryption: Encryption) -> None:
        self._state = state
        self._encryption = encryption

    async def add(
        self, context: RequestContext, secret: Secret, given: tuple[str, Value], stages: Sequence[str]
    ) -> None:
        """Give a secret a version (its id and value), under these labels, unless it has it already.

        Raises:
            ServiceError: ResourceExistsException, or what `Encryption.sealed` raises.
        """
        name, value = given
        if await self.has(context, secret, name, value):
            return
        version = await self._encryption.sealed(context, secret.get("KmsKeyId"), (secret["ARN"], name), value)
        now = time.time()
        # The label of the first version is not asked for: a secret that has a value has a current one.
        wanted = stages if staging.holder_of(secret, staging.CURRENT) else dict.fromkeys([*stages, staging.CURRENT])
        staging.add(secret, name, {**version, "CreatedDate": now}, list(wanted))
        secret["LastChangedDate"] = now

    async def has(self, context: RequestContext, secret: Secret, name: str, value: Value) -> bool:
        """Whether a version is there with this value.

        Raises:
            ServiceError: ResourceExistsException: it has another one.
        """
        version = secret["Versions"].get(name)
        if version is None or not is_valued(version):
            return False
        if await self._encryption.opened(context, (secret["ARN"], name), version) != value:
            raise errors.token_taken(name, secret["ARN"])
        return True

    async def reseal(self, context: RequestContext, secret: Secret) -> None:
        """Seal every version that has a label under the secret's present key."""
        for name in staging.labelled(secret):
            version, place = secret["Versions"][name], (secret["ARN"], name)
            if not is_valued(version):
                continue
            value = await self._encryption.opened(context, place, version)
            sealed = await self._encryption.sealed(context, secret.get("KmsKeyId"), place, value)
            kept = {member: version[member] for member in _KEPT if member in version}
            secret["Versions"][name] = sealed | kept


def is_valued(version: Version) -> bool:
    """Whether a version has a value yet: one that a rotation has only begun has none."""
    return "Sealed" in version


def version_of(params: Params) -> tuple[str, Value] | None:
    """The version that a request brings, its id and value; None if it brings none.

    Raises:
        ServiceError: InvalidParameterException, InvalidRequestException.
    """
    value = {name: params[name] for name in ("SecretString", "SecretBinary") if params.get(name)}
    if not value:
        return None
    if len(value) > 1:
        message = "You can't specify both a binary secret value and a string secret value in the same secret."
        raise errors.invalid(message)
    (content,) = value.values()
    if len(content.encode() if isinstance(content, str) else content) > _LARGEST:
        raise errors.invalid(f"The secret value is larger than {_LARGEST} bytes.")
    if not params.get("ClientRequestToken"):
        raise errors.no_token()
    return params["ClientRequestToken"], value
