"""Zip archives that cannot be unpacked are refused as Lambda refuses them, whatever is wrong with them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_.execution.zips import check_archive, unpack_archives

if TYPE_CHECKING:
    from pathlib import Path

CENTRAL = b"PK\x01\x02"


def archive(name: str = "app.py") -> bytes:
    """An archive of one file."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as written:
        written.writestr(name, "x = 1\n")
    return buffer.getvalue()


def changed(local: int, central: int, value: int) -> bytes:
    """An archive with another byte in both of its file's headers."""
    data = bytearray(archive())
    data[local] = data[data.rfind(CENTRAL) + central] = value
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        b"no archive",
        changed(6, 8, 1),
        changed(8, 10, 99),
        changed(4, 6, 90),
        changed(14, 16, 0),
        archive("a" * 300),
    ],
    ids=["text", "encrypted", "compressed in its own way", "of a later version", "damaged", "a name too long"],
)
def test_an_archive_that_cannot_be_unpacked_is_refused(tmp_path: Path, data: bytes) -> None:
    path, target = tmp_path / "function.zip", tmp_path / "tree"
    path.write_bytes(data)

    with pytest.raises(ServiceError, match="Could not unzip uploaded file"):
        check_archive(path)
        unpack_archives([path], target)

    assert not target.exists()
