"""Unpack an image's layers, trusting nothing in them (OCI image spec, "Image Layer Filesystem Changeset")."""

from __future__ import annotations

import os
import shutil
import stat
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tarfile

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
MAX_LAYER_BYTES = 10 << 30
"""Of all of an image, unpacked (AWS Lambda quotas)."""


class UnsafeLayerError(Exception):
    """A layer is broken, or would write outside its root."""


def unpack_layer(blob: Path, root: Path, *, enclosed: bool = False) -> frozenset[PurePosixPath]:
    """Put one layer, whiteouts included, into the directory `root`.

    Links that leave the root are refused, unless it is `enclosed`: used as a root alone, where they cannot.
    Gives the directories that only make sense as part of the whole image: those with a whiteout somewhere in them, or
    with a link that leaves them.

    Raises:
        UnsafeLayerError: it is no tar (or gzip) archive, or an entry or link of it leaves the root.
    """
    import tarfile  # noqa: PLC0415 - an emulator whose functions come as archives needs none

    from mlfn_localstack.services.lambda_.execution.layer_archive import open_layer  # noqa: PLC0415 - nor this

    open_directories: set[PurePosixPath] = set()
    room = MAX_LAYER_BYTES
    try:
        with open_layer(blob) as archive:
            for member in archive:
                path = _relative(member.name)
                if not path.parts:
                    continue
                if (room := room - member.size) < 0:
                    raise UnsafeLayerError(f"layer {blob.name[:12]} has more than {MAX_LAYER_BYTES} bytes")
                _extract(archive, member, root, enclosed=enclosed)
                if path.name.startswith(WHITEOUT):
                    open_directories.update(path.parents)
                elif member.issym():
                    open_directories.update(_left_by(path, member.linkname))
    except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error) as error:
        raise UnsafeLayerError(f"layer {blob.name[:12]}: {error}") from error
    return frozenset(open_directories)


def make_read_only(root: Path) -> None:
    """Take write permission from everything below `root`."""
    for directory, _, files in os.walk(root):
        for name in files:
            path = Path(directory, name)
            if not path.is_symlink():
                path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222 | 0o444)
        Path(directory).chmod(0o555)


def remove_tree(root: Path) -> None:
    """Remove a tree, read-only or not."""
    for directory, _, _ in os.walk(root):
        Path(directory).chmod(0o755)
    shutil.rmtree(root, ignore_errors=True)


def _relative(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise UnsafeLayerError(f"entry {name!r} leaves the image")
    return path


def _left_by(path: PurePosixPath, target: str) -> list[PurePosixPath]:
    """The directories around a link that its target lies outside of."""
    parents = [*path.parents]
    depth = highest = len(parents) - 1
    for part in PurePosixPath(target).parts:
        depth += -1 if part == ".." else 1
        highest = min(highest, depth)
    return parents[: len(parents) - 1 - highest]


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, root: Path, *, enclosed: bool) -> None:
    path = _relative(member.name)
    parent = _inside(root, path.parent)
    parent.mkdir(parents=True, exist_ok=True)
    target = parent / path.name
    if member.isdir():
        if target.is_symlink() or not target.is_dir():
            _remove(target)
            target.mkdir()
        return
    if member.islnk() or not enclosed:
        _check_link(root, path, member)
    _remove(target)
    if member.isreg():
        _write(archive, member, target)
    elif member.issym():
        target.symlink_to(member.linkname)
    elif member.islnk():
        target.hardlink_to(root / _relative(member.linkname))
    elif not enclosed:  # a root has the devices it is given
        raise UnsafeLayerError(f"entry {member.name!r} is no file, directory or link")


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    """A file with its owner's rights and its time, as tarfile's filter `data` leaves them (which came with 3.11.4)."""
    content = archive.extractfile(member)
    if content is None:
        raise UnsafeLayerError(f"entry {member.name!r} has no content")
    with content, target.open("xb") as file:
        shutil.copyfileobj(content, file)
    mode = member.mode & 0o755 | stat.S_IRUSR | stat.S_IWUSR
    target.chmod(mode if mode & stat.S_IXUSR else mode & 0o644)
    try:
        os.utime(target, (member.mtime, member.mtime))
    except (OverflowError, ValueError) as error:
        raise UnsafeLayerError(f"entry {member.name!r} is of no time: {error}") from error


def _check_link(root: Path, path: PurePosixPath, member: tarfile.TarInfo) -> None:
    """A link must point inside, without passing through another link on the way."""
    if member.islnk():
        source = _inside(root, _relative(member.linkname).parent) / PurePosixPath(member.linkname).name
        if source.is_symlink() or not source.is_file():
            raise UnsafeLayerError(f"hard link {member.name!r} points to {member.linkname!r}")
    elif member.issym():
        depth = len(path.parent.parts)
        target = PurePosixPath(member.linkname)
        for part in target.parts:
            depth += -1 if part == ".." else 1
            if depth < 0 or target.is_absolute():
                raise UnsafeLayerError(f"link {member.name!r} points outside the image, to {member.linkname!r}")


def _inside(root: Path, path: PurePosixPath) -> Path:
    """The path below the root, none of whose existing parents is a link."""
    current = root
    for part in path.parts:
        current = current / part
        if current.is_symlink():
            raise UnsafeLayerError(f"path {str(path)!r} passes through a link")
    return current


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)
