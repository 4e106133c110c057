"""What a key's materials are called: each has an id, where a key can have several.

https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from mlfn_localstack.services.kms.specs import SYMMETRIC

if TYPE_CHECKING:
    from mlfn_localstack.service import Result
    from mlfn_localstack.services.kms.model import Key


def material_ids(key: Key) -> list[str]:
    """The ids of all that a key ever encrypted with, newest first; none of keys that only ever have one material."""
    metadata = key["Metadata"]
    if metadata["KeySpec"] != SYMMETRIC:
        return []
    if metadata["Origin"] == "EXTERNAL":  # material that comes back is the same, whatever it is wrapped in
        known = "Imported" in key and not metadata["MultiRegion"]
        return [_id(key, key["Imported"])] if known else []
    return [_id(key, each) for each in (key["Material"], *(one["Material"] for one in reversed(_rotations(key))))]


def named_material(key: Key, member: str = "KeyMaterialId", number: int = 0) -> Result:
    """The id of a key's newest material, or of an earlier one, under a name; nothing if it has none."""
    ids = material_ids(key)
    return {member: ids[number]} if ids else {}


def listed_materials(key: Key) -> list[Result]:
    """A key's materials as they are listed with its rotations, oldest first."""
    ids = list(reversed(material_ids(key)))
    return [
        {"KeyMaterialId": each, "KeyMaterialState": "CURRENT" if number == len(ids) else "NON_CURRENT"}
        for number, each in enumerate(ids, start=1)
    ]


def _rotations(key: Key) -> list[dict[str, str]]:
    found: list[dict[str, str]] = key.get("Rotations", [])
    return found


def _id(key: Key, material: str) -> str:
    return hashlib.sha256(f"{key['Metadata']['KeyId']}\n{material}".encode()).hexdigest()
