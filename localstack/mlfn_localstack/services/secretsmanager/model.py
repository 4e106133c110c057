"""What Secrets Manager keeps: secrets by name, with the values of their versions sealed."""

from __future__ import annotations

import asyncio
import re
import secrets
import string
import time
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.secret_names import KIND, Secret, find_secret
from mlfn_localstack.services.secretsmanager import errors

if TYPE_CHECKING:
    from mlfn_localstack.service import Environment

NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]{1,512}")
"""What a secret can be called."""
_LETTERS = string.ascii_letters + string.digits

Version = dict[str, Any]
"""`Stages`, `CreatedDate`, and its value, sealed (`encryption.py`)."""


__all__ = ["NAME", "Secret", "SecretState", "Version", "check_id"]


def check_id(given: str) -> None:
    """Refuse what is neither an ARN nor a name that a secret could have.

    Raises:
        ServiceError: ValidationException.
    """
    if not given.startswith("arn:") and not NAME.fullmatch(given):
        raise errors.invalid_name()


class SecretState:
    """The secrets."""

    def __init__(self, environment: Environment) -> None:
        self._secrets = environment.store.documents(KIND)
        self.turn = asyncio.Lock()
        """Of whoever reads a secret to write it."""
        self._prefix = f"arn:aws:secretsmanager:{environment.region}:{environment.account_id}:secret:"

    def new_arn(self, name: str) -> str:
        """An ARN for a secret of that name: another one each time, so that old policies do not fit a new secret."""
        return f"{self._prefix}{name}-{''.join(secrets.choice(_LETTERS) for _ in range(6))}"

    def find(self, given: str) -> Secret | None:
        """A secret by name or ARN, or None."""
        return find_secret(self._secrets, given)

    def secret(self, given: str) -> Secret:
        """A secret by name or ARN, on its way to deletion or not.

        Raises:
            ServiceError: ResourceNotFoundException, ValidationException.
        """
        secret = self.find(given)
        if secret is None:
            check_id(given)
            raise errors.not_found()
        return secret

    def usable(self, given: str) -> Secret:
        """A secret by name or ARN.

        Raises:
            ServiceError: ResourceNotFoundException, ValidationException, InvalidRequestException.
        """
        secret = self.secret(given)
        if "DeletedDate" in secret:
            raise errors.deleted()
        return secret

    def all(self) -> list[Secret]:
        """Every secret, by name; those that are due are gone."""
        now = time.time()
        return [secret for _, secret in self._secrets.items() if secret.get("DeletedDate", float("inf")) > now]

    def save(self, secret: Secret) -> None:
        """Write a secret."""
        self._secrets.put(secret["Name"], secret)

    def delete(self, secret: Secret) -> None:
        """Remove a secret and its values."""
        self._secrets.delete(secret["Name"])
