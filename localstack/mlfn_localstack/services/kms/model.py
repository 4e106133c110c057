"""What KMS keeps: keys with their policy, tags and wrapped material, and aliases by name."""

from __future__ import annotations

import base64
import re
import time
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.kms import errors
from mlfn_localstack.services.kms.material import MasterKey

if TYPE_CHECKING:
    from mlfn_localstack.service import Environment, Params, Result

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}")
PENDING_DELETION = "PendingDeletion"
PENDING_IMPORT = "PendingImport"
_DEFAULT_PAGE = 100
_MAX_DIGITS = 9

Key = dict[str, Any]
"""`Metadata` (as DescribeKey shows it), `Policy`, `Tags` by name, `RotationDays` or None, `Material` or None, and, of
keys rotated on demand, `Rotations`: each one's `Date` and the `Material` that it took out of use."""


class KmsState:
    """The keys and aliases."""

    def __init__(self, environment: Environment) -> None:
        self.store = environment.store
        self.region = environment.region
        self.account_id = environment.account_id
        self.keys = environment.store.documents("kms-key")
        self.aliases = environment.store.documents("kms-alias")
        self.master = MasterKey(environment.state_dir / "kms-master.key")
        self._materials: dict[str, bytes] = {}
        """By the form in which they are stored."""

    def arn(self, resource: str) -> str:
        """The ARN of `key/<id>` or `alias/<name>`."""
        return f"arn:aws:kms:{self.region}:{self.account_id}:{resource}"

    def key(self, given: str) -> Key:
        """The key that an id, ARN, alias or alias' ARN stands for.

        Raises:
            ServiceError: NotFoundException.
        """
        name = given.removeprefix(self.arn("")) if given.startswith("arn:") else given
        if name.startswith("arn:aws:kms:") and name.split(":")[3] != self.region:
            raise errors.not_found(f"Invalid arn {name.split(':')[3]}")
        if name.startswith("alias/"):
            alias = self.aliases.get(name)
            if alias is None:
                raise errors.not_found(f"Alias {self.arn(name)} is not found.")
            name = alias["TargetKeyId"]
        return self._by_id(name.removeprefix("key/"), given)

    def _by_id(self, key_id: str, given: str) -> Key:
        if not _UUID.fullmatch(key_id):
            raise errors.not_found(f"Invalid keyId '{given}'")
        key: Key | None = self.keys.get(key_id)
        if key is not None and key["Metadata"].get("DeletionDate", float("inf")) <= time.time():
            self._purge(key_id)
            key = None
        if key is None:
            raise errors.not_found(f"Key '{self.arn(f'key/{key_id}')}' does not exist")
        return key if key["Metadata"].get("ValidTo", float("inf")) > time.time() else without_material(key)

    def _purge(self, key_id: str) -> None:
        self.keys.delete(key_id)
        for name, alias in self.aliases.items():
            if alias["TargetKeyId"] == key_id:
                self.aliases.delete(name)

    def all_keys(self) -> list[Key]:
        """Every key that is there, by id."""
        now = time.time()
        return [key for _, key in self.keys.items() if key["Metadata"].get("DeletionDate", float("inf")) > now]

    def save(self, key: Key) -> None:
        """Write a key."""
        self.keys.put(key["Metadata"]["KeyId"], key)

    def wrapped(self, material: bytes, key_id: str) -> str:
        """Material as it is stored."""
        return base64.b64encode(self.master.wrap(material, key_id)).decode()

    def material(self, key: Key) -> bytes:
        """The material a key uses now."""
        return self._unwrapped(key["Material"], key["Metadata"]["KeyId"])

    def materials(self, key: Key) -> list[bytes]:
        """All that a key ever encrypted with: its material now, and what rotations took out of use, newest first."""
        stored = [key["Material"], *(each["Material"] for each in reversed(key.get("Rotations", ())))]
        return [self._unwrapped(each, key["Metadata"]["KeyId"]) for each in stored]

    def _unwrapped(self, stored: str, key_id: str) -> bytes:
        found = self._materials.get(stored)
        if found is None:
            found = self.master.unwrap(base64.b64decode(stored), key_id)
            self._materials[stored] = found
        return found


def without_material(key: Key) -> Key:
    """A key whose imported material was deleted or has expired: it waits for the same material again."""
    kept = {name: value for name, value in key["Metadata"].items() if name not in ("ExpirationModel", "ValidTo")}
    if kept["KeyState"] != PENDING_DELETION:
        kept |= {"KeyState": PENDING_IMPORT, "Enabled": False}
    return key | {"Metadata": kept, "Material": None}


def usable(key: Key) -> Key:
    """The key, if it can be used now.

    Raises:
        ServiceError: DisabledException or KMSInvalidStateException.
    """
    arn, state = key["Metadata"]["Arn"], key["Metadata"]["KeyState"]
    if state == PENDING_DELETION:
        raise errors.pending_deletion(arn)
    if state == PENDING_IMPORT:
        raise errors.pending_import(arn)
    if state == "Disabled":
        raise errors.disabled(arn)
    return key


def check_dry_run(params: Params) -> None:
    """Stop a request that only asks whether it would be allowed.

    Raises:
        ServiceError: DryRunOperationException.
    """
    if params.get("DryRun"):
        message = "The request would have succeeded, but the DryRun option is set."
        raise ServiceError("DryRunOperationException", message)


def page(params: Params, name: str, items: list[Any]) -> Result:
    """One page of a list: `Limit` items after `Marker`."""
    marker = params.get("Marker", "0")
    if len(marker) > _MAX_DIGITS or not (marker.isascii() and marker.isdigit()):
        raise ServiceError("InvalidMarkerException", "The marker is not valid.")
    start = int(marker)
    end = start + params.get("Limit", _DEFAULT_PAGE)
    result: Result = {name: items[start:end], "Truncated": end < len(items)}
    return result | {"NextMarker": str(end)} if end < len(items) else result
