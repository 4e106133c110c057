"""Where a project is and what it says about itself in `[tool.mlfn]`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from mlfn.errors import DiscoveryError

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = frozenset({
    "app", "modules", "stages", "knative",
    "include", "exclude", "base", "local-base", "base-packages", "lazy-imports",
    "allow-pickle", "attestations", "trusted-keys", "allow-sdist",
})  # fmt: skip
"""What `[tool.mlfn]` may hold: a setting that is mistyped must not count as one that is not there."""
APP_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_NAME_HINT = (
    "An app's name starts with a lower-case letter; then lower-case letters, digits and '-', at most 31 in all; "
    "names that begin with 'mlfn-' are the stages' own."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project: its root, the app's name, and the modules that declare the app."""

    root: Path
    name: str
    named: bool
    """The name is written in pyproject.toml, not made from the directory's."""
    modules: tuple[str, ...]


def find_project(start: Path) -> Project:
    """The project that `start` belongs to: the nearest directory upwards whose pyproject.toml has `[tool.mlfn]`,
    else `start` itself.

    Raises:
        DiscoveryError: pyproject.toml cannot be read, or says something that cannot be.
    """
    start = start.resolve()
    for directory in (start, *start.parents):
        path = directory / "pyproject.toml"
        section = mlfn_section(path) if path.is_file() else None
        if section is not None:
            return _project(directory, path, section)
    return Project(root=start, name=valid_name(start.name), named=False, modules=("app",))


def valid_name(text: str) -> str:
    """An app's name made from any text, such as a directory's name."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    name = re.sub(r"^(?:mlfn-|[^a-z])+", "", name)[:31].rstrip("-")
    return name or "app"


def check_name(name: object, source: str) -> str:
    """`name`, if an app can have it.

    Raises:
        DiscoveryError: it cannot.
    """
    if not isinstance(name, str) or not APP_NAME.fullmatch(name) or name.startswith("mlfn-"):
        raise DiscoveryError(f"{source}: an app cannot be called {name!r}.", hint=_NAME_HINT)
    return name


def mlfn_section(path: Path) -> dict[str, Any] | None:
    """`[tool.mlfn]` of a pyproject.toml, or None if it has none.

    Raises:
        DiscoveryError: the file cannot be read, or `tool.mlfn` is no table.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DiscoveryError(f"{path} is not valid TOML: {error}.", hint="Mend the file, then run again.") from error
    tool = document.get("tool")
    section = tool.get("mlfn") if isinstance(tool, dict) else None
    if section is None or isinstance(section, dict):
        return section
    raise DiscoveryError(f"{path}: tool.mlfn is no table.", hint='Write [tool.mlfn] and below it modules = ["app"].')


def _check_settings(path: Path, section: dict[str, Any]) -> None:
    for key in sorted(set(section) - SETTINGS):
        close = get_close_matches(key, SETTINGS, n=1)
        raise DiscoveryError(
            f"{path}: [tool.mlfn] has no setting {key!r}.{f' Did you mean {close[0]}?' if close else ''}",
            hint=f"It has: {', '.join(sorted(SETTINGS))}.",
        )


def _project(root: Path, path: Path, section: dict[str, Any]) -> Project:
    _check_settings(path, section)
    modules = section.get("modules", ["app"])
    if not isinstance(modules, list) or not modules or not all(_is_module(each) for each in modules):
        raise DiscoveryError(
            f"{path}: modules = {modules!r} is no list of module names.", hint='Write modules = ["app"], for example.'
        )
    named = "app" in section
    name = check_name(section["app"], str(path)) if named else valid_name(root.name)
    return Project(root=root, name=name, named=named, modules=tuple(modules))


def _is_module(name: object) -> bool:
    return isinstance(name, str) and all(part.isidentifier() for part in name.split("."))
