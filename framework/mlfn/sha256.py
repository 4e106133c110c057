"""SHA-256 that costs a cold start nothing: OpenSSL's (3 ms to load) only when there is much to digest."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

try:
    from _sha256 import sha256 as _small  # type: ignore[import-not-found]  # CPython's own, up to 3.11
except ImportError:
    try:
        from _sha2 import sha256 as _small  # type: ignore[import-not-found]  # from 3.12
    except ImportError:  # built without it
        from hashlib import sha256 as _small

LARGE = 32_768
"""From here on OpenSSL's five times faster code has paid for its import."""


_best = _small


def sha256(data: bytes) -> bytes:
    """The digest of `data`."""
    if len(data) >= LARGE and _best is _small:
        prefer_openssl()
    digest: bytes = _best(data).digest()
    return digest


def hasher(data: bytes) -> Any:
    """A hash that goes on after `data`: `update`, `copy` and `digest` are hashlib's."""
    return _best(data)


def prefer_openssl() -> None:
    """Use OpenSSL from now on: its import is paid for."""
    global _best  # noqa: PLW0603 - one switch for the process
    from hashlib import sha256 as openssl  # noqa: PLC0415 - see the module's docstring

    _best = openssl
