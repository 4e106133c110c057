"""The parts of uploads under way: a row each, so that one more costs the same however many there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlfn_localstack.store import Documents, Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS s3_parts (
    upload TEXT, number INTEGER, sha256 TEXT, md5 TEXT, size INTEGER, at REAL, checksum TEXT,
    PRIMARY KEY (upload, number)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS s3_parts_by_content ON s3_parts (sha256);
"""
_COLUMNS = "number, sha256, md5, size, at, checksum"
_EARLIER = "parts"
"""Where an earlier version kept them, in the upload's own document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of an upload."""

    number: int
    sha256: str
    md5: str
    """What its ETag says, which of encrypted ones is no MD5."""
    size: int
    at: float
    checksum: str | None = None


class UploadParts:
    """Parts by upload and number."""

    def __init__(self, store: Store, uploads: Documents) -> None:
        self._store = store
        store.script(_SCHEMA)
        self._move_earlier(uploads)

    def get(self, upload: str, number: int) -> Part | None:
        """The part with that number, if it is there."""
        found = self._select("upload=? AND number=?", upload, number)
        return found[0] if found else None

    def put(self, upload: str, part: Part) -> None:
        """Write a part over what had its number."""
        row = (upload, part.number, part.sha256, part.md5, part.size, part.at, part.checksum)
        self._store.execute("INSERT OR REPLACE INTO s3_parts VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def of(self, upload: str) -> dict[int, Part]:
        """All parts of an upload."""
        return {part.number: part for part in self._select("upload=? ORDER BY number", upload)}

    def after(self, upload: str, number: int, limit: int) -> list[Part]:
        """So many parts of an upload, at most, from a number on."""
        return self._select("upload=? AND number>? ORDER BY number LIMIT ?", upload, number, limit)

    def remove(self, upload: str) -> set[str]:
        """Remove an upload's parts; the digests of their content, which goes with `S3State.sweep`."""
        rows = self._store.execute("SELECT DISTINCT sha256 FROM s3_parts WHERE upload=?", (upload,)).fetchall()
        self._store.execute("DELETE FROM s3_parts WHERE upload=?", (upload,))
        return {row[0] for row in rows}

    def hold(self, sha256: str) -> bool:
        """Whether any part has that content."""
        found = self._store.execute("SELECT 1 FROM s3_parts WHERE sha256=? LIMIT 1", (sha256,))
        return found.fetchone() is not None

    def _select(self, condition: str, *args: object) -> list[Part]:
        rows = self._store.execute(f"SELECT {_COLUMNS} FROM s3_parts WHERE {condition}", args)  # noqa: S608 - conditions are ours
        return [
            Part(number=number, sha256=sha256, md5=md5, size=size, at=at, checksum=checksum)
            for number, sha256, md5, size, at, checksum in rows.fetchall()
        ]

    def _move_earlier(self, uploads: Documents) -> None:
        for name, upload in uploads.items():
            if _EARLIER not in upload:
                continue
            with self._store.savepoint():
                for number, told in upload.pop(_EARLIER).items():
                    self.put(name, _part(int(number), told))
                uploads.put(name, upload)


def _part(number: int, told: dict[str, Any]) -> Part:
    return Part(number=number, **told)
