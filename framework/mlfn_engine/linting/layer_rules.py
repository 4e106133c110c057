"""Rules for the entries of one layer."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlfn_engine.linting.findings import Finding, Severity
from mlfn_engine.linting.secrets import named_like_a_secret, secret_in
from mlfn_engine.oci.layer_entries import hidden, inner_path

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Iterator

TASK = "var/task/"
_SEARCHED_LIMIT = 1 << 20
"""Larger files are weights, not configuration."""


@dataclass(slots=True)
class LayerRules:
    """Looks at a layer's entries one by one; `own` are the layers that mlfn adds to a base."""

    own: bool
    findings: list[Finding] = field(default_factory=list)
    unpacked: int = 0
    _seen: set[str] = field(default_factory=set)
    _sources: set[str] = field(default_factory=set)
    _compiled: set[str] = field(default_factory=set)

    def add(self, member: tarfile.TarInfo, archive: tarfile.TarFile) -> None:
        """Look at the next entry."""
        path = inner_path(member.name)
        self.unpacked += member.size
        self.findings += self._names(member, path)
        self.findings += self._kind(member, path)
        if self.own:
            self.findings += self._permissions(member, path)
            self.findings += self._secrets(member, path, archive)
            self._remember_sources(path)
        self._seen.add(path)

    def finish(self) -> list[Finding]:
        """Everything found, once all entries have been seen."""
        missing = len(self._sources - self._compiled)
        if missing:
            message = f"{missing:,} modules have no byte code, and the root is read-only: each start compiles them anew"
            self.findings.append(Finding(rule="read-only root", message=message, severity=Severity.WARNING))
        return self.findings

    def _names(self, member: tarfile.TarInfo, path: str) -> Iterator[Finding]:
        if member.name.startswith("/") or ".." in path.split("/"):
            yield Finding(rule="paths", message=f"{member.name!r} leads out of the image")
        if path in self._seen:
            yield self._ours("paths", f"{path} is twice in one layer, which some engines refuse")
        parent = posixpath.dirname(path)
        if parent and parent not in self._seen and hidden(path) is None:
            yield Finding(rule="parent directories", message=f"{path} comes without {parent}/ in the same layer")

    def _kind(self, member: tarfile.TarInfo, path: str) -> Iterator[Finding]:
        if (member.ischr() or member.isblk() or member.isfifo()) and hidden(path) is None:
            yield Finding(rule="devices", message=f"{path} is a device or pipe, which no function can have")
        if member.islnk() and ".." in inner_path(member.linkname).split("/"):
            yield Finding(rule="paths", message=f"{path} links to {member.linkname!r}, out of the image")
        if member.isreg() and member.mode & 0o6000:
            yield self._ours("setuid", f"{path} runs as its owner or group")

    def _ours(self, rule: str, message: str) -> Finding:
        """An error in a layer of ours; a warning in a base image, where it may be as its maker wants it."""
        return Finding(rule=rule, message=message, severity=Severity.ERROR if self.own else Severity.WARNING)

    def _permissions(self, member: tarfile.TarInfo, path: str) -> Iterator[Finding]:
        """Lambda runs functions as a user that owns nothing of the image."""
        needed = 0o005 if member.isdir() else 0o004
        if (member.isdir() or member.isreg()) and member.mode & needed != needed:
            yield Finding(rule="permissions", message=f"{path} ({member.mode:04o}) cannot be read by everybody")

    def _secrets(self, member: tarfile.TarInfo, path: str, archive: tarfile.TarFile) -> Iterator[Finding]:
        if not member.isreg() or not path.startswith(TASK):
            return
        if named_like_a_secret(path):
            yield Finding(rule="secrets", message=f"{path} has the name of a file that holds credentials")
        elif (
            member.size <= _SEARCHED_LIMIT
            and (file := archive.extractfile(member))
            and (kind := secret_in(file.read()))
        ):
            yield Finding(rule="secrets", message=f"{path} holds {kind}")

    def _remember_sources(self, path: str) -> None:
        if path.endswith(".py"):
            self._sources.add(path)
        elif path.endswith(".pyc") and "/__pycache__/" in path:
            directory, _, name = path.rpartition("/__pycache__/")
            self._compiled.add(f"{directory}/{name.split('.')[0]}.py")
