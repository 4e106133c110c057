"""What bubblewrap is told: the root a function sees, its identity, its variables."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_.execution.runner import Launch, Mount

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MB = 1024 * 1024
USER_ID, GROUP_ID = "993", "990"
"""Lambda's sbx_user1051."""
INTERPRETERS = "/run/interpreters"
"""Where a root of its own has the machine's Pythons."""
_SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")
"""The machine's own, whatever an image has there."""
_RESERVED = frozenset({*_SYSTEM, "dev", "proc", "sys", "tmp"})
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
    """What every root has beside the code: the machine's programs, and settings kept in `settings`."""

    settings: Path
    interpreters: tuple[Mount, ...]
    nested_users: bool = True
    """Whether functions may make user namespaces, which bubblewrap before 0.8 cannot keep them from."""

    def arguments(self) -> Iterator[str]:
        """Everything but the code."""
        for name in _SYSTEM:
            yield from _system_directory(Path("/", name))
        yield from ("--ro-bind", str(self.settings), "/etc")
        for name in _SHOWN:
            if (self.settings / name).is_dir():
                yield from ("--ro-bind", f"/etc/{name}", f"/etc/{name}")
        yield from _mounted(self.interpreters)

    def interpreter_of(self, program: str) -> tuple[Mount, ...]:
        """What a Python needs that is neither the emulator's nor the system's."""
        found = self.outside(program, ()) if program.startswith(f"{INTERPRETERS}/") else None
        prefix = found.resolve().parent.parent if found is not None else Path("/usr")
        if prefix.parts[1] in _SYSTEM or any(prefix == mount.source for mount in self.interpreters):
            return ()
        return (Mount(source=prefix, target=str(prefix)),)

    def outside(self, path: str, mounts: Sequence[Mount]) -> Path | None:
        """Where the machine has what a function sees at `path`, if it does."""
        for mount in (*reversed(mounts), *self.interpreters):
            if path == mount.target or path.startswith(f"{mount.target}/"):
                return mount.source / path[len(mount.target) + 1 :]
        return Path(path) if Path(path).parts[1] in _SYSTEM else None


def bare_root(settings: Path, interpreters: Path, *, nested_users: bool) -> BareRoot:
    """The bare root: its settings are written to one directory, the bare interpreters are in the other."""
    interpreters.mkdir(parents=True, exist_ok=True)
    _write_settings(settings)
    base = Path(sys.base_prefix).resolve()
    mounts = [Mount(source=interpreters, target=INTERPRETERS)]
    if base.parts[1] not in _SYSTEM:
        mounts.append(Mount(source=base, target=str(base)))
    return BareRoot(settings=settings, interpreters=tuple(mounts), nested_users=nested_users)


def _write_settings(settings: Path) -> None:
    """An /etc of small files, and directories to show the machine's own on: every mount costs a start time."""
    settings.mkdir(parents=True, exist_ok=True)
    for name, text in _OWN_SETTINGS.items():
        (settings / name).write_text(text)
    for name in _COPIED:
        if (_ETC / name).is_file():
            (settings / name).parent.mkdir(parents=True, exist_ok=True)
            (settings / name).write_bytes((_ETC / name).read_bytes())
    for name in _SHOWN:
        if (_ETC / name).is_dir():
            (settings / name).mkdir(parents=True, exist_ok=True)


def arguments(launch: Launch, root: BareRoot) -> Iterator[str]:
    """Every argument up to the command."""
    yield from ("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try")
    if not root.nested_users:
        yield "--disable-userns"
    yield from ("--uid", USER_ID, "--gid", GROUP_ID, "--hostname", "lambda", "--cap-drop", "ALL")
    yield from ("--new-session", "--die-with-parent")
    yield from ("--perms", "1777", "--size", str(launch.storage_mb * MB), "--tmpfs", "/tmp")  # noqa: S108 - the sandbox's own
    yield from root.arguments()
    yield from _mounted(root.interpreter_of(launch.command[0]))
    yield from _mounted(mount for mount in launch.mounts if mount.target.split("/")[1] not in _RESERVED)
    # Root without capabilities still owns /proc/sys, and core_pattern there runs programs outside.
    yield from ("--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev", "--remount-ro", "/dev")
    yield from ("--remount-ro", "/", "--chdir", str(launch.working_dir))
    for name, value in launch.environment.items():
        yield from ("--setenv", name, value)


def _mounted(mounts: Iterable[Mount]) -> Iterator[str]:
    for mount in mounts:
        yield from ("--ro-bind", str(mount.source), mount.target)


def _system_directory(path: Path) -> tuple[str, ...]:
    if path.is_symlink():
        return ("--symlink", str(path.readlink()), str(path))
    return ("--ro-bind", str(path), str(path)) if path.is_dir() else ()
