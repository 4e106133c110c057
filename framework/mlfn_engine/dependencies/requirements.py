"""Requirements, locked by hash for the platform they will run on."""

from __future__ import annotations

import importlib.metadata
import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlfn.errors import DependencyError
from mlfn_engine.cache import cache_dir, write
from mlfn_engine.canonical import digest
from mlfn_engine.dependencies.lock_file import read_pins
from mlfn_engine.platforms import uv_platform
from mlfn_engine.projects.package_settings import PackageSettings, read_settings

if TYPE_CHECKING:
    from collections.abc import Collection

    from mlfn_engine.images.values import BasePackage, Platform

CORE = "pydantic-core"
"""In every image: the runtime validates with it."""

_LOCK_FORMAT = 1
_PINNED = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.M)


def lock(
    requirements: tuple[str, ...],
    platform: Platform,
    root: Path,
    *,
    cache: Path | None = None,
    preferred: tuple[BasePackage, ...] = (),
) -> str:
    """A hash-locked requirements.txt for these lines and pydantic-core: wheels only, unless the project allows more.

    pydantic-core is the version that mlfn itself runs with, which made the contracts' schemas; where the
    requirements need another, theirs. What is preferred gets its version where the lines allow it.
    """
    settings = read_settings(root)
    wanted = _Wanted(lines=_lines(requirements), platform=platform, preferred=preferred)
    key = _key(wanted, settings)
    if (pinned := read_pins(root).requirements.get(key)) is not None:
        return pinned
    kept = _kept(cache, key)
    if kept.is_file():
        return kept.read_text(encoding="utf-8")
    locked = _resolve(wanted, root, settings)
    write(kept, locked.encode())
    return locked


def known_lock(
    requirements: tuple[str, ...],
    platform: Platform,
    root: Path,
    *,
    cache: Path | None = None,
    preferred: tuple[BasePackage, ...] = (),
) -> tuple[str, str] | None:
    """The key and text of a lock that `lock` has given before; None if it never did."""
    key = _key(_Wanted(lines=_lines(requirements), platform=platform, preferred=preferred), read_settings(root))
    text = read_pins(root).requirements.get(key)
    kept = _kept(cache, key)
    if text is None and kept.is_file():
        text = kept.read_text(encoding="utf-8")
    return None if text is None else (key, text)


def forget_lock(
    requirements: tuple[str, ...],
    platform: Platform,
    root: Path,
    *,
    cache: Path | None = None,
    preferred: tuple[BasePackage, ...] = (),
) -> None:
    """Let the next `lock` resolve anew."""
    wanted = _Wanted(lines=_lines(requirements), platform=platform, preferred=preferred)
    _kept(cache, _key(wanted, read_settings(root))).unlink(missing_ok=True)


def locked_version(locked: str, package: str) -> str | None:
    """The version a lock pins a package to."""
    return next((version for name, version in _PINNED.findall(locked) if normalized(name) == package), None)


def locked_packages(locked: str) -> list[tuple[str, str]]:
    """The name and version of every package that a lock pins."""
    return _PINNED.findall(locked)


def without(locked: str, packages: Collection[str]) -> str:
    """A lock without some of its packages."""
    kept, is_kept = [], True
    for line in locked.splitlines(keepends=True):
        if found := _PINNED.match(line):
            is_kept = normalized(found[1]) not in packages
        elif not line.startswith((" ", "\t")):
            is_kept = True
        kept += [line] if is_kept else []
    return "".join(kept)


def normalized(name: str) -> str:
    """A package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def own_version(package: str) -> str:
    """The version of a package that mlfn runs with."""
    return importlib.metadata.version(package)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What is to be locked."""

    lines: tuple[str, ...]
    """Requirements (PEP 508)."""
    platform: Platform
    preferred: tuple[BasePackage, ...] = ()
    """In these versions where the lines allow it, for the base image has them."""


def _lines(requirements: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({line.strip() for line in requirements} - {""}))


def _kept(cache: Path | None, key: str) -> Path:
    return (cache or cache_dir()) / "locks" / f"{key}.txt"


def _key(wanted: _Wanted, settings: PackageSettings) -> str:
    preferred = {"preferred": [f"{each.name}=={each.version}" for each in wanted.preferred]}
    return digest(
        {
            "format": _LOCK_FORMAT,
            "lines": wanted.lines,
            "platform": [str(wanted.platform), uv_platform(wanted.platform)],
            **(preferred if wanted.preferred else {}),
            "allow_sdist": sorted(settings.allow_sdist),
            "uv": settings.uv,
            CORE: own_version(CORE),
        }
    )


def _resolve(wanted: _Wanted, root: Path, settings: PackageSettings) -> str:
    try:
        return _compile(replace(wanted, lines=(*wanted.lines, f"{CORE}=={own_version(CORE)}")), root, settings)
    except DependencyError as error:
        if not any("pydantic" in note for note in error.__notes__):
            raise
        return _compile(replace(wanted, lines=(*wanted.lines, CORE)), root, settings)


def _compile(wanted: _Wanted, root: Path, settings: PackageSettings) -> str:
    from mlfn_engine.dependencies import pip  # noqa: PLC0415  not needed with a warm cache
    from mlfn_engine.dependencies.uv import has_uv, platform_options, run_uv, wheels_only  # noqa: PLC0415  as above

    if not has_uv():
        return pip.resolve(wanted.lines, wanted.platform, root, settings)
    with tempfile.TemporaryDirectory(prefix="mlfn-lock-") as directory:
        asked, overrides = Path(directory, "requirements.in"), Path(directory, "overrides.txt")
        output = Path(directory, "requirements.txt")  # what is there already, uv keeps where it can
        asked.write_text("\n".join(wanted.lines) + "\n", encoding="utf-8")
        output.write_text("".join(f"{each.name}=={each.version}\n" for each in wanted.preferred), encoding="utf-8")
        overrides.write_text("\n".join(settings.overrides) + "\n", encoding="utf-8")
        options = ["--generate-hashes", "--no-header", "--no-annotate", "--emit-build-options", "--quiet"]
        options += ["--emit-index-url"] if '"index' in settings.uv else []
        options += ["--override", str(overrides), *wheels_only(settings.allow_sdist)]
        arguments = ["pip", "compile", str(asked), "--output-file", str(output), *options]
        run_uv([*arguments, *platform_options(wanted.platform)], root=root, platform=wanted.platform)
        return output.read_text(encoding="utf-8")
