"""The root that host images and zip archives get: the machine's programs, read-only, and settings of their own."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_.execution.runner import Mount

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

USER_ID, GROUP_ID = "993", "990"
"""Lambda's sbx_user1051."""
INTERPRETERS = "/run/interpreters"
"""Where a root of its own has the machine's Pythons."""
SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")
"""The machine's own, whatever an image has there."""
_ETC = Path("/etc")
_COPIED = ("ld.so.cache", "localtime", "mime.types", "protocols", "services", "ssl/openssl.cnf")
_SHOWN = (
    "R",
    "alternatives",
    "fonts",
    "java-11-openjdk",
    "java-17-openjdk",
    "java-21-openjdk",
    "pki/ca-trust/extracted",
    "pki/tls/certs",
    "ssl/certs",
)
"""What libraries and language runtimes read in /etc; never the directories beside these, where keys are."""
_OWN_SETTINGS = {
    "group": f"root:x:0:\nsbx_user1051:x:{GROUP_ID}:\n",
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "passwd": f"root:x:0:0:root:/tmp:/bin/sh\nsbx_user1051:x:{USER_ID}:{GROUP_ID}::/tmp:/bin/sh\n",
    "resolv.conf": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BareRoot:
    """What these roots have beside the code: the machine's programs, and settings kept in `settings`."""

    settings: Path
    interpreters: tuple[Mount, ...]

    def links(self) -> Iterator[tuple[str, str]]:
        """Its symbolic links, each with its target."""
        for name in SYSTEM:
            path = Path("/", name)
            if path.is_symlink():
                yield str(path), str(path.readlink())

    def mounts(self) -> Iterator[Mount]:
        """Everything but the code."""
        for name in SYSTEM:
            path = Path("/", name)
            if path.is_dir() and not path.is_symlink():
                yield Mount(source=path, target=str(path))
        yield Mount(source=self.settings, target="/etc")
        for name in _SHOWN:
            if (self.settings / name).is_dir():
                yield Mount(source=_ETC / name, target=f"/etc/{name}")
        yield from self.interpreters

    def interpreter_of(self, program: str) -> tuple[Mount, ...]:
        """What a Python needs that is neither the emulator's nor the system's."""
        prefix = self._prefix(program)
        if prefix.parts[1] in SYSTEM or any(prefix == mount.source for mount in self.interpreters):
            return ()
        return (Mount(source=prefix, target=str(prefix)),)

    def _prefix(self, program: str) -> Path:
        """Where the Python behind one of the bare interpreters is installed."""
        for mount in self.interpreters:
            if program.startswith(f"{mount.target}/") and mount.target == INTERPRETERS:
                return (mount.source / program[len(mount.target) + 1 :]).resolve().parent.parent
        return Path("/usr")


def bare_root(settings: Path, interpreters: Path, etc: Mapping[str, str] | None = None) -> BareRoot:
    """The bare root: its settings, and `etc`, are written to one directory; the bare interpreters are in the other."""
    interpreters.mkdir(parents=True, exist_ok=True)
    _write_settings(settings, _OWN_SETTINGS | dict(etc or {}))
    base = Path(sys.base_prefix).resolve()
    mounts = [Mount(source=interpreters, target=INTERPRETERS)]
    if base.parts[1] not in SYSTEM:
        mounts.append(Mount(source=base, target=str(base)))
    return BareRoot(settings=settings, interpreters=tuple(mounts))


def _write_settings(settings: Path, own: Mapping[str, str]) -> None:
    """An /etc of small files, and directories to show the machine's own on: every mount costs a start time."""
    settings.mkdir(parents=True, exist_ok=True)
    for name, text in own.items():
        (settings / name).write_text(text)
    for name in _COPIED:
        if (_ETC / name).is_file():
            (settings / name).parent.mkdir(parents=True, exist_ok=True)
            (settings / name).write_bytes((_ETC / name).read_bytes())
    for name in _SHOWN:
        if (_ETC / name).is_dir():
            (settings / name).mkdir(parents=True, exist_ok=True)
