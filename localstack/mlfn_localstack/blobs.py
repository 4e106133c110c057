"""Content-addressed files below one directory: written once, named by their SHA-256."""

from __future__ import annotations

import hashlib
import secrets
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_COPY_BYTES = 1 << 20


class Blobs:
    """Blobs as files `<root>/<hex>`; a file is either complete or not there."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def remove_drafts(self) -> None:
        """Remove what was half written when the emulator was last killed."""
        for draft in self._root.glob(".*"):
            draft.unlink()

    def path(self, sha256: str) -> Path:
        """Where a blob is, or would be."""
        return self._root / sha256

    def has(self, sha256: str) -> bool:
        """True if the blob is there."""
        return self.path(sha256).is_file()

    def put(self, data: bytes) -> str:
        """Store bytes; their SHA-256 in hex."""
        sha256 = hashlib.sha256(data).hexdigest()
        if not self.has(sha256):
            self._root.mkdir(parents=True, exist_ok=True)
            draft = self._root / f".{secrets.token_hex(8)}"
            draft.write_bytes(data)
            draft.replace(self.path(sha256))
        return sha256

    def put_pieces(self, pieces: Iterable[bytes]) -> tuple[str, int]:
        """Store what comes in pieces, however long it is; its SHA-256 in hex, and its size."""
        self._root.mkdir(parents=True, exist_ok=True)
        draft, digest, size = self._root / f".{secrets.token_hex(8)}", hashlib.sha256(), 0
        try:
            with draft.open("wb") as out:
                for piece in pieces:
                    out.write(piece)
                    digest.update(piece)
                    size += len(piece)
            draft.replace(self.path(digest.hexdigest()))
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        return digest.hexdigest(), size

    def adopt(self, file: Path, sha256: str) -> None:
        """Take over a file whose digest is known."""
        self._root.mkdir(parents=True, exist_ok=True)
        try:
            file.replace(self.path(sha256))
        except OSError:  # another file system
            draft = self._root / f".{secrets.token_hex(8)}"
            shutil.copyfile(file, draft)
            draft.replace(self.path(sha256))
            file.unlink()

    def remove(self, sha256: str) -> None:
        """Forget a blob."""
        self.path(sha256).unlink(missing_ok=True)


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file in hex, read in pieces."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(_COPY_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def append(target: Path, source: Path) -> None:
    """Add a file's content to the end of another, as a rename where that one is empty."""
    if target.stat().st_size == 0:
        source.replace(target)
        return
    with target.open("ab") as out, source.open("rb") as stream:
        shutil.copyfileobj(stream, out, _COPY_BYTES)
