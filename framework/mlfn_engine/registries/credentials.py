"""The credentials that `docker login`, `podman login` and `skopeo login` keep."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def stored_authorization(host: str, environ: Mapping[str, str]) -> str | None:
    """The Authorization header for a registry; None where nobody has logged in."""
    names = (host, f"https://{host}", f"https://{host}/v1/", f"https://{host}/v2/")
    for path in _files(environ):
        entries = _entries(path)
        found = next((entries[name] for name in names if isinstance(entries.get(name), dict)), None)
        if found and isinstance(found.get("auth"), str):
            return f"Basic {found['auth']}"
    return None


def _files(environ: Mapping[str, str]) -> Iterator[Path]:
    """Where they are, the first that has an answer wins (containers-auth.json(5), docker login)."""
    if chosen := environ.get("REGISTRY_AUTH_FILE"):
        yield Path(chosen)
    runtime = environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid() if hasattr(os, 'getuid') else 0}"
    yield Path(runtime, "containers", "auth.json")
    home = Path(environ.get("HOME") or Path.home())
    yield home / ".config" / "containers" / "auth.json"
    yield Path(environ.get("DOCKER_CONFIG") or home / ".docker", "config.json")


def _entries(path: Path) -> dict[str, dict[str, str]]:
    try:
        entries = json.loads(path.read_bytes()).get("auths", {})
    except (OSError, ValueError, AttributeError):
        return {}
    return entries if isinstance(entries, dict) else {}
