"""What bubblewrap is told: the root a function sees, its identity, its variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_.execution.bare_root import GROUP_ID, USER_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_localstack.services.lambda_.execution.root_view import RootView
    from mlfn_localstack.services.lambda_.execution.runner import Launch

MB = 1024 * 1024


def arguments(launch: Launch, view: RootView, *, nested_users: bool) -> Iterator[str]:
    """Every argument up to the command; `nested_users` where functions may make user namespaces."""
    yield from ("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try")
    if not nested_users:
        yield "--disable-userns"
    yield from ("--uid", USER_ID, "--gid", GROUP_ID, "--hostname", "lambda", "--cap-drop", "ALL")
    yield from ("--new-session", "--die-with-parent")
    yield from ("--perms", "1777", "--size", str(launch.storage_mb * MB), "--tmpfs", "/tmp")  # noqa: S108 - the sandbox's own
    for path, target in view.links:
        yield from ("--symlink", target, path)
    for mount in view.mounts:
        yield from ("--ro-bind", str(mount.source), mount.target)
    # Root without capabilities still owns /proc/sys, and core_pattern there runs programs outside.
    yield from ("--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev", "--remount-ro", "/dev")
    yield from ("--remount-ro", "/", "--chdir", str(launch.working_dir))
    for name, value in launch.environment.items():
        yield from ("--setenv", name, value)
