"""uv as a subprocess, and its refusals as sentences about a requirement and a platform."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from mlfn.errors import BuildError, DependencyError
from mlfn_engine.platforms import description, uv_platform

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_engine.images.values import Platform

_UNREACHABLE = re.compile(
    r"Failed to fetch|error sending request|network was disabled|dns error|[Cc]onnection (refused|reset)|timed out"
)
_NO_WHEEL = re.compile(r"\b([A-Za-z0-9][\w.-]*?)((?:[=<>!~]=?|===)[^\s,]+)? has no (?:usable )?wheels")
_NO_VERSION = re.compile(r"there is no version of ([\w.-]+)([=<>!~]\S*)?")
_UNKNOWN = re.compile(r"([\w.-]+) was not found in the package registry")
_CLASH = re.compile(r"[Bb]ecause (you require .+?), we can conclude that your requirements are unsatisfiable", re.S)
_UNREADABLE = re.compile(r"Couldn't parse requirement.*?\n\s*(?:cause:|Caused by:)?\s*(.+?)\n\s*(.+?)\n", re.S)
_NO_ROOM = re.compile(r"No space left on device|Disk quota exceeded")
_WRONG_HASH = re.compile(r"Hash mismatch for `([^`]+)`")


def has_uv() -> bool:
    """Whether uv is here; where it is not, pip does what it does (`pip.py`)."""
    try:
        _uv()
    except BuildError:
        return False
    return True


def run_uv(arguments: list[str], *, root: Path, platform: Platform) -> str:
    """What uv prints; where it refuses, an error in our words."""
    done = subprocess.run(
        [_uv(), *arguments, "--no-python-downloads", "--no-progress", "--color", "never"],
        cwd=root,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        error = refusal(done.stderr, platform)
        error.add_note(done.stderr)
        raise error
    return done.stdout


def platform_options(platform: Platform) -> list[str]:
    """uv's options for a platform; no interpreter but the one that runs now is ever asked."""
    options = ["--python", sys.executable, "--python-version", platform.python]
    name = uv_platform(platform)
    return [*options, "--python-platform", name] if name else options


def wheels_only(allow_sdist: tuple[str, ...]) -> list[str]:
    """uv's options for wheels alone, but for the packages that the project allows to be built."""
    return ["--only-binary", ":all:", *(option for name in allow_sdist for option in ("--no-binary", name))]


def refusal(stderr: str, platform: Platform) -> DependencyError:
    """What uv's message means for the user."""
    text = re.sub(r"\n\s{4,}", " ", stderr)
    where = description(platform)
    for pattern, error in (
        (_NO_ROOM, _no_room),
        (_UNREACHABLE, _unreachable),
        (_UNREADABLE, _unreadable),
        (_WRONG_HASH, _wrong_hash),
        (_NO_WHEEL, _no_wheel),
        (_UNKNOWN, _unknown),
        (_NO_VERSION, _no_version),
        (_CLASH, _clash),
    ):
        if found := pattern.search(stderr if pattern is _UNREADABLE else text):
            return error(found, where)
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return DependencyError(
        f"The requirements for {where} could not be resolved: {lines[-1].rstrip('.') if lines else 'uv said nothing'}.",
        hint="Run uv pip compile on the requirements to see all of it.",
    )


def _unreachable(_: re.Match[str], where: str) -> DependencyError:
    return DependencyError(
        f"The package index cannot be reached, so the requirements for {where} are not resolved.",
        hint="Check the network and the index settings (UV_DEFAULT_INDEX, [tool.uv]), then try again.",
    )


def _no_room(_: re.Match[str], where: str) -> DependencyError:
    return DependencyError(
        f"The disk is full, so the requirements for {where} are not installed.",
        hint="Free some space, or set MLFN_CACHE (and UV_CACHE_DIR) to a directory on another disk.",
    )


def _unreadable(found: re.Match[str], _: str) -> DependencyError:
    return DependencyError(
        f"{found[2].strip()!r} is not a requirement: {found[1].strip().rstrip('.')}.",
        hint='Write requirements like "numpy>=2" (PEP 508).',
    )


def _wrong_hash(found: re.Match[str], _: str) -> DependencyError:
    return DependencyError(
        f"The file the index served for {found[1]} is not the one that was locked.",
        hint="Find out who changed it before you use it; a new lock accepts the new file.",
    )


def _no_wheel(found: re.Match[str], where: str) -> DependencyError:
    name = found[1]
    version = found[2] if found[2] and found[2].startswith("==") else ""
    return DependencyError(
        f"There is no wheel of {name}{version} for {where}.",
        hint=f'Require a version that has one, replace the package, or allow a build: allow-sdist = ["{name}"] '
        "under [tool.mlfn] in pyproject.toml.",
    )


def _unknown(found: re.Match[str], _: str) -> DependencyError:
    return DependencyError(
        f"The package {found[1]!r} is not in the package index.",
        hint="Check its spelling, or name the index that has it in [tool.uv].",
    )


def _no_version(found: re.Match[str], where: str) -> DependencyError:
    return DependencyError(
        f"There is no version {found[1]}{found[2] or ''} for {where}.",
        hint=f"Ask for a version of {found[1]} that exists.",
    )


def _clash(found: re.Match[str], where: str) -> DependencyError:
    return DependencyError(
        f"The requirements for {where} contradict each other: {' '.join(found[1].split())}.",
        hint="Loosen one of them, or replace it with override-dependencies under [tool.uv].",
    )


def _uv() -> str:
    try:
        from uv import find_uv_bin  # noqa: PLC0415  planning from a warm cache never needs it

        return find_uv_bin()
    except (ImportError, FileNotFoundError) as error:
        raise BuildError("uv is not installed.", hint="Install it beside mlfn: pip install uv.") from error
