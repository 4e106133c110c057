"""Where a deployed function keeps what is in blobs: the stage's data bucket, under its app's prefix."""

from __future__ import annotations

from binascii import b2a_base64
from os import urandom

from mlfn import data
from mlfn.audit.codec import base64url
from mlfn.blobs import ANYTHING, keep_in
from mlfn.errors import DataError
from mlfn.runtime.large_values import DIGEST_HEADER, NAME, values_prefix
from mlfn.runtime.s3 import TIMEOUT_S, first_byte, get_object, presigned_url, put_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

    from mlfn.runtime.recorder import Recorder

OWNER_HEADER = "x-amz-meta-mlfn-owner"
"""Whose it is: signed into the URL for the upload, so that who uploads cannot say it."""
UPLOAD_S = DOWNLOAD_S = 900
"""How long the URLs of callers are good for."""
_HEX = frozenset("0123456789abcdef")


class BlobHome:
    """The contents below one prefix of the bucket; the calls that read or write one name it in their records."""

    def __init__(self, prefix: str, environ: Mapping[str, str], recorder: Recorder) -> None:
        self._prefix = prefix
        self._environ = environ
        self._bucket = environ.get("MLFN_DATA_BUCKET", "")
        self._recorder = recorder

    def put(self, content: bytes, content_type: str, digest: str) -> str:
        """Keep content; gives its name.

        Raises:
            DataError: S3 does not take it.
        """
        name: str = self._recorder.output(content).get("oh") or base64url(urandom(32))
        headers = _described(content_type, digest)
        key = self._told(name)
        put_object(self._bucket, key, content, self._environ, timeout_s=TIMEOUT_S, headers=headers)
        return name

    def get(self, name: str) -> bytes:
        """The content of that name.

        Raises:
            DataError: S3 does not give it.
        """
        return get_object(self._bucket, self._told(self._checked(name)), None, self._environ).body

    def open(self, name: str, size: int, digest: str) -> IO[bytes]:
        """The content of that name as a file, held to its digest.

        Raises:
            DataError: S3 does not give it, or the disk does not take it.
        """
        from mlfn.runtime.blob_files import as_file  # noqa: PLC0415 - only for large blobs

        return as_file((self._bucket, self._told(self._checked(name))), size, digest, self._environ)

    def upload(
        self, content_type: str, size: int, digest: str, owner: str | None = None
    ) -> tuple[str, str, dict[str, str]]:
        """A new name, and the URL and headers with which this content, and no other, can be put there."""
        name = base64url(urandom(32))
        headers = {**_described(content_type, digest), "content-length": str(size)}
        if owner is not None:
            headers[OWNER_HEADER] = owner
        headers["x-amz-checksum-sha256"] = b2a_base64(bytes.fromhex(digest), newline=False).decode()
        key = self._prefix + name
        url = presigned_url("PUT", self._bucket, key, headers, self._environ, expires_s=UPLOAD_S)
        return name, url, headers

    def download(self, name: str, digest: str) -> str | None:
        """A URL of content, for whoever knows its digest; None if there is none.

        Raises:
            DataError: S3 does not answer.
        """
        found = self.about(name)
        return self.url(self._prefix + name) if found and found[0] == digest else None

    def about(self, name: str) -> tuple[str, str] | None:
        """The digest of what has that name, and whose it is; None if there is nothing.

        Raises:
            DataError: S3 does not answer.
        """
        if not NAME.issuperset(name):
            return None
        headers = first_byte(self._bucket, self._prefix + name, self._environ, timeout_s=TIMEOUT_S)
        digest, owner = (headers.get(each.encode(), b"").decode() for each in (DIGEST_HEADER, OWNER_HEADER))
        return (digest, owner) if digest else None

    def place(self, name: str) -> tuple[str, str]:
        """The bucket and key of that name."""
        return self._bucket, self._prefix + name

    def read(self, key: str) -> bytes:
        """An object that a state machine has written.

        Raises:
            DataError: S3 does not give it.
        """
        return get_object(self._bucket, key, None, self._environ).body

    def url(self, key: str) -> str:
        """A URL with which anybody may read an object, for a while."""
        return presigned_url("GET", self._bucket, key, {}, self._environ, expires_s=DOWNLOAD_S)

    def _checked(self, name: str) -> str:
        if not NAME.issuperset(name):
            raise DataError("A blob's content has no such name.", hint="Upload it through the route …/blobs.")
        return name

    def _told(self, name: str) -> str:
        key = self._prefix + name
        data.opened[f"{self._bucket}/{key}"] = None
        return key


def move_in(app: str, environ: Mapping[str, str], recorder: Recorder) -> BlobHome | None:
    """Let this process' blobs lie in its app's bucket, if it has one."""
    if not environ.get("MLFN_DATA_BUCKET"):
        return None
    home = BlobHome(values_prefix(app), environ, recorder)
    keep_in(home)
    return home


def is_digest(text: object) -> bool:
    """A SHA-256 in hexadecimal digits."""
    return isinstance(text, str) and len(text) == 64 and _HEX.issuperset(text)


def _described(content_type: str, digest: str) -> dict[str, str]:
    """Of the headers that a request has, only printable ones can be signed."""
    plain = content_type if content_type.isascii() and content_type.isprintable() else ANYTHING
    return {"content-type": plain, DIGEST_HEADER: digest}
