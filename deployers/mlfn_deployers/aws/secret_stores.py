"""Where secrets' values are kept: Secrets Manager and the Parameter Store. No error of these shows a value."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, assert_never

from botocore.exceptions import ClientError

from mlfn.errors import DeployError, UsageError
from mlfn_engine.secret_use import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_deployers.aws.api.clients import Clients

_MISSING = frozenset({"ResourceNotFoundException", "ParameterNotFound"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a store says of a secret without its value."""

    changed_at: str | None
    """In UTC; None: it has no value yet."""
    key: str


class SecretStore(Protocol):
    """Keeps values by name."""

    @property
    def most_bytes(self) -> int:
        """How large a value may be."""

    def describe(self, secret_id: str) -> Kept | None:
        """What there is of a secret; None: nothing."""

    def read(self, secret_id: str) -> str | None:
        """Its value; None: it has none."""

    def write(self, secret_id: str, text: str, key: str | None) -> str:
        """Keep a new value, and make the secret if there is none; gives its version."""


def store_of(clients: Clients, store: Store) -> SecretStore:
    """The store of that name."""
    match store:
        case Store.SECRETS_MANAGER:
            return SecretsManager(client=clients.secretsmanager)
        case Store.PARAMETERS:
            return Parameters(client=clients.ssm)
        case _:
            assert_never(store)


def put(store: SecretStore, secret_id: str, field: str, value: str, key: str | None) -> str:
    """Keep a value, or one member of what is a JSON object; gives the version that has it.

    Raises:
        UsageError: it is too large.
        DeployError: the store refuses it, or what is there is no JSON object.
    """
    text = _with_member(store.read(secret_id), secret_id, field, value) if field else value
    if (size := len(text.encode())) > store.most_bytes:
        raise UsageError(
            f"The value has {size:,} bytes, and its store takes {store.most_bytes:,}.",
            hint="Keep a file elsewhere, such as with reads= in S3, and its key here.",
        )
    try:
        return store.write(secret_id, text, key)
    except ClientError as error:
        raise _refusal(error, secret_id, (value, text)) from None  # boto3's own error may hold the value


def _refusal(error: ClientError, secret_id: str, hidden: tuple[str, ...]) -> DeployError:
    told = error.response["Error"]
    message = str(told.get("Message", ""))
    for value in hidden:
        message = message.replace(value, "***")
    return DeployError(
        f"{secret_id} was not written: {told['Code']}: {message}", hint="Look at your rights, its name and its key."
    )


def _with_member(before: str | None, secret_id: str, field: str, value: str) -> str:
    try:
        found = json.loads(before or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise DeployError(
            f"{secret_id} holds no JSON object, and the secret is its member {field!r}.",
            hint="Remove field= from its Secret, or what is there.",
        )
    return json.dumps(found | {field: value})


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsManager:
    """AWS Secrets Manager."""

    client: Any
    most_bytes: int = 65_536

    def describe(self, secret_id: str) -> Kept | None:
        """What there is of a secret; None: nothing."""
        found = _or_none(lambda: self.client.describe_secret(SecretId=secret_id))
        if found is None:
            return None
        has_value = "AWSCURRENT" in {
            stage for stages in found.get("VersionIdsToStages", {}).values() for stage in stages
        }
        changed = found.get("LastChangedDate") if has_value else None
        return Kept(
            changed_at=changed.isoformat() if changed else None, key=found.get("KmsKeyId") or "aws/secretsmanager"
        )

    def read(self, secret_id: str) -> str | None:
        """Its value; None: it has none."""
        found = _or_none(lambda: self.client.get_secret_value(SecretId=secret_id))
        return None if found is None else found.get("SecretString")

    def write(self, secret_id: str, text: str, key: str | None) -> str:
        """Keep a new value, and make the secret if there is none; gives its version."""
        made = _or_none(lambda: self.client.put_secret_value(SecretId=secret_id, SecretString=text))
        if made is None:
            made = self.client.create_secret(Name=secret_id, SecretString=text, **({"KmsKeyId": key} if key else {}))
        return str(made["VersionId"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Systems Manager's Parameter Store: every value is a SecureString."""

    client: Any
    most_bytes: int = 4_096

    def describe(self, secret_id: str) -> Kept | None:
        """What there is of a parameter; None: nothing."""
        name = "/" + secret_id.partition(":parameter/")[2] if secret_id.startswith("arn:") else secret_id
        filters = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
        found = self.client.describe_parameters(ParameterFilters=filters)["Parameters"]
        if not found:
            return None
        return Kept(changed_at=found[0]["LastModifiedDate"].isoformat(), key=found[0].get("KeyId", "none: not secure"))

    def read(self, secret_id: str) -> str | None:
        """Its value; None: it has none."""
        found = _or_none(lambda: self.client.get_parameter(Name=secret_id, WithDecryption=True))
        return None if found is None else str(found["Parameter"]["Value"])

    def write(self, secret_id: str, text: str, key: str | None) -> str:
        """Keep a new value, and make the parameter if there is none; gives its version."""
        chosen = {"KeyId": key} if key else {}
        made = self.client.put_parameter(Name=secret_id, Value=text, Type="SecureString", Overwrite=True, **chosen)
        return str(made["Version"])


def _or_none(ask: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    try:
        return ask()
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return None
        raise
