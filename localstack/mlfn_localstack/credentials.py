"""The emulator's root key pair: random, made at its first start, readable by its owner only."""

from __future__ import annotations

import json
import os
import secrets
import string
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "credentials.json"
_KEY_ALPHABET = string.ascii_uppercase + "234567"
_SECRET_ALPHABET = string.ascii_letters + string.digits + "+/"


@dataclass(frozen=True, slots=True, kw_only=True)
class RootCredentials:
    """The key pair that may do everything, and where to use it."""

    access_key: str
    secret_key: str = field(repr=False)
    region: str
    account_id: str
    endpoint: str

    @property
    def arn(self) -> str:
        """The account's root user."""
        return f"arn:aws:iam::{self.account_id}:root"


def new_access_key(prefix: str = "AKIA") -> str:
    """A fresh access key id: `AKIA…` for users, `ASIA…` for sessions."""
    return prefix + "".join(secrets.choice(_KEY_ALPHABET) for _ in range(16))


def new_secret_key() -> str:
    """A fresh secret key."""
    return "".join(secrets.choice(_SECRET_ALPHABET) for _ in range(40))


def read_credentials(state_dir: Path) -> RootCredentials | None:
    """The root credentials of an emulator's state, or None if it was never started."""
    try:
        return RootCredentials(**json.loads((state_dir / FILE_NAME).read_text()))
    except FileNotFoundError:
        return None


def ensure_credentials(state_dir: Path, *, endpoint: str, region: str, account_id: str) -> RootCredentials:
    """The root credentials for an emulator that starts at `endpoint`; the keys stay, region and account too."""
    known = read_credentials(state_dir)
    if known is None:
        known = RootCredentials(
            access_key=new_access_key(),
            secret_key=new_secret_key(),
            region=region,
            account_id=account_id,
            endpoint=endpoint,
        )
    current = replace(known, endpoint=endpoint)
    _write(state_dir / FILE_NAME, json.dumps(asdict(current), indent=2) + "\n")
    return current


def _write(path: Path, text: str) -> None:
    """Replace a file at once, with no moment at which others could read it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
