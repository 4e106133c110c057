"""Which secret a name or an ARN means: IAM's decisions are about its full ARN, which ends at random."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlfn_localstack.store import Documents

KIND = "secretsmanager-secret"
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")

Secret = dict[str, Any]
"""`ARN`, `Name`, `Description`, `KmsKeyId` (or none), `Tags` by key, dates, and `Versions` by id."""


def find_secret(kept: Documents, given: str) -> Secret | None:
    """The secret that a name, an ARN, or an ARN without its random end stands for; None if it is not there."""
    secret: Secret | None = kept.get(_name(given))
    if secret is None and given.startswith("arn:"):
        secret = kept.get(given.split(":", 6)[-1])
    is_other = secret is not None and given.startswith("arn:") and not secret["ARN"].startswith(given)
    return None if secret is None or is_other or secret.get("DeletedDate", float("inf")) <= time.time() else secret


def _name(given: str) -> str:
    return _SUFFIX.sub("", given.split(":", 6)[-1]) if given.startswith("arn:") else given
