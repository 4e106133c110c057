"""The archive of a layer, read entry by entry, with no more in memory than names need.

In a module of its own: an emulator whose functions come as zip archives loads no tarfile.
"""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

MAX_HEADER_BYTES = 1 << 20
"""Names and other long facts about an entry come as a file of their own, which tarfile reads into memory."""
_READ_WHOLE = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)


class _Entry(tarfile.TarInfo):
    """An entry that is refused before more is read of its header than a name may have."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """The entry of a header's block."""
        entry = super().frombuf(buf, encoding, errors)
        if entry.type in _READ_WHOLE and entry.size > MAX_HEADER_BYTES:
            raise tarfile.ReadError(f"an entry's header has {entry.size} bytes")
        return entry


def open_layer(blob: Path) -> tarfile.TarFile:
    """The archive, compressed or not.

    Raises:
        tarfile.TarError: it is none.
    """
    return tarfile.open(blob, "r|*", tarinfo=_Entry)  # whoever asks closes it
