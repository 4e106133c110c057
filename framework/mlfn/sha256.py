"""SHA-256 of small things at the price of small things: OpenSSL's only where there is much to digest.

OpenSSL takes 3 ms of a cold start to load, and five times as long as CPython's own to find its way when a call comes
after a pause; it digests five times as fast.
"""

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
"""From here on OpenSSL's faster code has paid for its import."""
LARGE_IF_LOADED = 4_096
"""From here on it is faster, where something else has paid."""

_openssl: Any = None
_small_below = LARGE


def is_large(data: bytes) -> bool:
    """Whether OpenSSL is the faster way to digest `data`, its import included."""
    return len(data) >= _small_below


def sha256(data: bytes) -> bytes:
    """The digest of `data`."""
    digest: bytes = _small(data).digest() if len(data) < _small_below else _of_much(data)
    return digest


def _of_much(data: bytes) -> bytes:
    if _openssl is None:
        prefer_openssl()
    digest: bytes = _openssl(data).digest()
    return digest


def hasher(data: bytes) -> Any:
    """A hash that goes on after `data`, for little more of it: `update`, `copy` and `digest` are hashlib's."""
    return _small(data)


def prefer_openssl() -> None:
    """Use OpenSSL wherever it is faster from now on: its import is paid for."""
    global _openssl, _small_below  # one switch for the process
    from hashlib import sha256 as openssl  # noqa: PLC0415 - see the module's docstring

    _openssl, _small_below = openssl, LARGE_IF_LOADED
