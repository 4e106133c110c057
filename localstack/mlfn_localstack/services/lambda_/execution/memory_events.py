"""Whether the kernel has ended processes of a control group for their memory: cgroups(7), versions 1 and 2."""

from __future__ import annotations

from pathlib import Path

_HIERARCHY = Path("/sys/fs/cgroup")


def events_file(pid: int) -> Path | None:
    """Where the kernel counts that for a process's group; None where it cannot be told."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return None
    groups = {controllers: group for _, controllers, group in (line.split(":", 2) for line in lines)}
    candidates = [
        _HIERARCHY / "memory" / groups.get("memory", "").lstrip("/") / "memory.oom_control",
        _HIERARCHY / groups.get("", "").lstrip("/") / "memory.events",
    ]
    return next((path for path in candidates if path.is_file()), None)


def kills(events: Path) -> int:
    """How often it has happened; 0 if the group is gone."""
    try:
        lines = events.read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
