"""The key that what a stage keeps is encrypted with."""

from __future__ import annotations

import re
from typing import Any

from mlfn.errors import DiscoveryError

CREATE = "create"
"""The stage's base stack makes one."""
_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+")


def read_kms_key(where: str, value: Any) -> str | None:
    """The key that a stage names: its ARN, or `create`; None: AWS's own keys.

    Raises:
        DiscoveryError: it is neither.
    """
    if value is None or (isinstance(value, str) and (value == CREATE or _ARN.fullmatch(value))):
        return value
    raise DiscoveryError(
        f"{where}: kms-key = {value!r} cannot be.",
        hint='Write kms-key = "create", or the ARN of a symmetric key: "arn:aws:kms:REGION:ACCOUNT:key/ID".',
    )
