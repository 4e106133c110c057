"""The app's data key: input and output digests are HMACs under it, so that nobody can guess what was sent.

It lies wrapped by KMS in the data bucket, and is unwrapped once per environment in a thread of its own, while the
model loads (docs/audit-payloads.md).
"""

from __future__ import annotations

from _thread import allocate_lock, start_new_thread
from binascii import a2b_base64, b2a_base64
from time import sleep

from mlfn.audit.codec import base64url
from mlfn.errors import DataError
from mlfn.jsontext import decode, encode
from mlfn.sha256 import hasher, is_large, prefer_openssl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SIZE = 32
BLOCK = 64
"""Bytes that SHA-256 takes at once."""
LABEL = b"mlfn data key"
"""A key's id is the HMAC of this under the key: its first 16 hexadecimal digits."""
TIMEOUT_S = 3.0
"""Of each request; three times, a fresh environment may meet a service that is not ready."""
_PAUSES_S = (0.1, 0.5)


class DataKey:
    """A key at hand."""

    __slots__ = ("_inner", "_outer", "_secret", "id")

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        # RFC 2104. What depends on the key alone is hashed here, once: half of what an HMAC of a small body costs.
        padded = secret.ljust(BLOCK, b"\0")
        self._inner = hasher(bytes([byte ^ 0x36 for byte in padded]))
        self._outer = hasher(bytes([byte ^ 0x5C for byte in padded]))
        self.id = self.hmac(LABEL).hex()[:16]

    def hmac(self, data: bytes) -> bytes:
        """The HMAC-SHA256 of `data`."""
        if is_large(data):
            from hmac import digest as hmac  # noqa: PLC0415 - it loads OpenSSL, which pays for itself here

            return hmac(self._secret, data, "sha256")
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(data)
        outer.update(inner.digest())
        digest: bytes = outer.digest()
        return digest

    def digest(self, data: bytes) -> str:
        """The HMAC-SHA256 of `data`, as a record holds it."""
        return base64url(self.hmac(data))


class KeyRing:
    """The key an environment works under; `is_wanted` is False where nobody has set one, and digests are plain."""

    def __init__(self, app: str, environ: Mapping[str, str]) -> None:
        self._app = app
        self._environ = environ
        self._key: DataKey | None = None
        self._fetching = allocate_lock()
        self.problem = ""
        """Why there is no key, as far as it is known."""
        self.is_wanted = bool(environ.get("MLFN_DATA_KEY") or environ.get("MLFN_DATA_KEY_FILE"))

    def fetch(self) -> None:
        """Begin to get the key, unless that is going on or done."""
        if self.is_wanted and self._key is None and self._fetching.acquire(blocking=False):
            start_new_thread(self._fetch, ())

    def key(self, timeout_s: float) -> DataKey | None:
        """The key; waits for it, and is None if it could not be had in time."""
        if self._key is None and self._fetching.acquire(timeout=max(timeout_s, 0.0)):
            self._fetching.release()
        return self._key

    def _fetch(self) -> None:
        try:
            self._key = self._tried()
        except Exception as error:  # nobody else would hear of what ends this thread
            self.problem = f"{type(error).__name__}: {error}"
        finally:
            self._fetching.release()

    def _tried(self) -> DataKey:
        for pause in _PAUSES_S:
            try:
                return self._read()
            except (OSError, DataError):
                sleep(pause)
        return self._read()

    def _read(self) -> DataKey:
        if file := self._environ.get("MLFN_DATA_KEY_FILE"):
            return key_in_file(file)
        from mlfn.runtime.s3 import get_object  # noqa: PLC0415 - signing is loaded beside the model, not before it

        bucket, name = self._environ["MLFN_DATA_BUCKET"], self._environ["MLFN_DATA_KEY"]
        wrapped = get_object(bucket, name, None, self._environ, connections={}, timeout_s=TIMEOUT_S).body
        return self._unwrapped(wrapped)

    def _unwrapped(self, wrapped: bytes) -> DataKey:
        from mlfn.runtime.aws import AwsClient, AwsError  # noqa: PLC0415 - see _read

        request = {
            "CiphertextBlob": b2a_base64(wrapped, newline=False).decode(),
            "EncryptionContext": encryption_context(self._app, self._environ.get("MLFN_STAGE", "")),
        }
        client = AwsClient("kms", self._environ, json_version="1.1")
        try:
            answer = client.call("TrentService.Decrypt", encode(request).encode(), timeout_s=TIMEOUT_S)
        except AwsError as error:
            raise DataError(f"KMS does not unwrap the key: {error}.", hint="Deploy the app again.") from error
        prefer_openssl()  # signing has loaded it
        return DataKey(a2b_base64(decode(answer.decode())["Plaintext"]))


def data_key_name(app: str) -> str:
    """The object in the stage's data bucket that holds an app's wrapped key."""
    return f"keys/{app}"


def encryption_context(app: str, stage: str) -> dict[str, str]:
    """What KMS binds an app's key to; a role may unwrap its own app's only."""
    return {"mlfn-app": app, "mlfn-stage": stage}


def key_in_file(path: str) -> DataKey:
    """The key in a file of 64 hexadecimal digits that nobody else may read.

    Raises:
        ValueError: it is no key, or others may read it.
    """
    from os import fstat  # noqa: PLC0415 - only without KMS

    with open(path, encoding="ascii") as file:  # noqa: PTH123 - pathlib costs a cold start 10 ms
        if fstat(file.fileno()).st_mode & 0o077:
            raise ValueError(f"{path} may be read by others; chmod 600 it")
        secret = bytes.fromhex(file.read())
    if len(secret) != SIZE:
        raise ValueError(f"{path} holds {len(secret)} bytes, not {SIZE}")
    return DataKey(secret)
