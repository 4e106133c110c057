"""mmdebstrap's archive as a layer: no devices, no setuid, no documentation, but the licences and the certificates."""

from __future__ import annotations

import io
import re
import tarfile
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from mlfn_engine.oci.layer_archive import Packing
from mlfn_engine.oci.layer_entries import inner_path

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_engine.oci.layer_archive import LayerBlob

_LEFT_OUT = re.compile(
    r"(dev|proc|sys|run)/.+"
    r"|usr/share/(man|info|locale|lintian|bash-completion|perl5|debconf)(/.*)?"
    r"|usr/share/doc/[^/]+/(?!copyright$).+"
    r"|usr/share/zoneinfo/(right|posix)(/.*)?"
    r"|usr/lib/python3[^/]*/(test|idlelib|pydoc_data|lib2to3)(/.*)?"
    r"|var/(cache|log|lib/apt)/.+"
    r"|etc/ssl/certs/.+"
)
_CERTIFICATES = re.compile(r"usr/share/ca-certificates/mozilla/.+\.crt")
_BUNDLE = "etc/ssl/certs/ca-certificates.crt"
_OPENSSL_BUNDLE = "usr/lib/ssl/cert.pem"
"""Where Debian's OpenSSL looks when nobody tells it anything."""

_SPECIAL_BITS = 0o6000


def repack(tar: Path, target: IO[bytes], epoch: int) -> LayerBlob:
    """Write the layer of a Debian root file system."""
    with Packing(target) as packing:
        made = _Made(packing.tar, epoch)
        with tarfile.open(tar, mode="r|") as archive:
            for member in archive:
                made.add(member, archive)
        made.add_certificates()
    return packing.blob


@dataclass(slots=True)
class _Made:
    """ca-certificates makes its bundle when it is configured, which nothing here is: it is made here."""

    tar: tarfile.TarFile
    epoch: int
    certificates: dict[str, bytes] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)

    def add(self, member: tarfile.TarInfo, archive: tarfile.TarFile) -> None:
        path = inner_path(member.name)
        if not path or _LEFT_OUT.fullmatch(path) or member.ischr() or member.isblk():
            return
        file = archive.extractfile(member) if member.isreg() else None
        content = file.read() if file else b""
        if _CERTIFICATES.fullmatch(path):
            self.certificates[path] = content
        self._write(member, path, content)

    def _write(self, member: tarfile.TarInfo, path: str, content: bytes) -> None:
        self.written.add(path)
        entry = tarfile.TarInfo(path)
        entry.type, entry.mode, entry.mtime = member.type, member.mode & ~_SPECIAL_BITS | 0o444, self.epoch
        if member.isdir():
            entry.mode |= 0o555
        entry.linkname = inner_path(member.linkname) if member.islnk() else member.linkname
        entry.size = len(content)
        self.tar.addfile(entry, io.BytesIO(content))

    def add_certificates(self) -> None:
        """Write the bundle of all certificates, and the link by which OpenSSL finds it."""
        bundle = b"".join(content.rstrip() + b"\n" for _, content in sorted(self.certificates.items()))
        for path in ("etc", "etc/ssl", "etc/ssl/certs", "usr", "usr/lib", "usr/lib/ssl"):
            self._write_missing(_member(tarfile.DIRTYPE, 0o755), path)
        self._write_missing(_member(tarfile.REGTYPE, 0o644), _BUNDLE, bundle)
        self._write_missing(_member(tarfile.SYMTYPE, 0o777, f"/{_BUNDLE}"), _OPENSSL_BUNDLE)

    def _write_missing(self, member: tarfile.TarInfo, path: str, content: bytes = b"") -> None:
        if path not in self.written:
            self._write(member, path, content)


def _member(kind: bytes, mode: int, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo()
    member.type, member.mode, member.linkname = kind, mode, target
    return member
