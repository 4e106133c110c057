"""A project's files as an image sees them: where they lie, which never leave, none from outside the project."""

from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mlfn.errors import BuildError
from mlfn_engine.projects.globs import named, named_anywhere

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NEVER = ("__pycache__", "node_modules", "*.pyc", "*.pyo", "*.egg-info")
"""Names that no glob or directory brings into an image, beside every name that starts with a dot (`.env`, `.git`,
`.venv`, `.mlfn`)."""

SECRETS = ("*.pem", "*.key", "*.p12", "*.pfx", "id_rsa*", "id_ed25519*", "credentials.json", "*.env")
"""Names that only an asset given by its exact path brings in."""

NAME_LIMIT, PATH_LIMIT = 255, 3000
"""In bytes; Linux has 4096 for the whole path, of which the project's directory and the image's take some."""
_GLOB = re.compile(r"[*?\[]")


def globbed(root: Path, patterns: tuple[str, ...]) -> tuple[Path, ...]:
    """The files that these globs name, sorted, relative to `root`; hidden files and secrets never."""
    wanted = [_checked(pattern) for pattern in patterns]
    paths = (path.relative_to(root) for path in _walk(root)) if wanted else ()
    return tuple(sorted(path for path in paths if not _stays(path) and any(named(path, each) for each in wanted)))


def without(paths: Iterable[Path], patterns: tuple[str, ...]) -> tuple[Path, ...]:
    """The paths that none of these globs name, themselves or through a directory above them."""
    return tuple(path for path in paths if not any(named_anywhere(path, pattern) for pattern in patterns))


def asset_files(root: Path, asset: str) -> tuple[Path, ...]:
    """The files of a declared asset (a file, a directory or a glob), sorted, relative to `root`."""
    exact = root / _checked(asset)
    if _too_long(asset):
        raise BuildError(f"The asset {asset[:40]!r}… has a name that no file has.", hint="Name a file of the project.")
    if exact.is_file():
        return (Path(asset),)
    if exact.is_dir():
        found = tuple(sorted(p.relative_to(root) for p in _walk(exact) if not _stays(p.relative_to(exact))))
    else:
        found = globbed(root, (asset,)) if _GLOB.search(asset) else ()
    if not found:
        raise BuildError(
            f"The asset {asset!r} does not exist in {root.name}/.",
            hint="Put the file there, or name another path below the project's root in assets=.",
        )
    return found


def inside(root: Path, path: Path) -> Path:
    """The file to read for a path below the root; refused when a link leads out of the project."""
    real = _followed(root, path)
    if not real.is_relative_to(root.resolve()):
        raise BuildError(
            f"{path} is a link that leaves the project.",
            hint="Copy the file into the project, or take it out of assets= and include.",
        )
    if real.is_dir():
        raise BuildError(f"{path} is a link to a directory.", hint="Name the directory itself, or copy it there.")
    if not real.is_file():
        raise BuildError(
            f"{path} is no file: a pipe, a device, or a link that leads nowhere.",
            hint="Remove it, or name the files beside it one by one.",
        )
    return root / path


def _followed(root: Path, path: Path) -> Path:
    try:
        return (root / path).resolve(strict=(root / path).is_symlink())
    except FileNotFoundError:
        return (root / path).resolve()
    except (OSError, RuntimeError) as error:  # Python 3.12 and older raise RuntimeError
        raise BuildError(f"{path} is a link that goes round in a circle.", hint="Remove it.") from error


def image_path(prefix: str, path: Path) -> str:
    """Where a project file lies in the image."""
    text = path.as_posix()
    if any(ord(character) < 32 for character in text) or not _is_utf8(text):
        raise BuildError(
            f"The file name {text!r} cannot be put into an image.", hint="Rename it without control characters."
        )
    return f"{prefix}/{text}"


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _too_long(path: str) -> bool:
    """Whether no file system would have it."""
    return any(len(os.fsencode(part)) > NAME_LIMIT for part in path.split("/")) or len(os.fsencode(path)) > PATH_LIMIT


def _checked(pattern: str) -> str:
    if not pattern or pattern.startswith("/") or ".." in PurePosixPath(pattern).parts:
        raise BuildError(
            f"{pattern!r} leaves the project's root.",
            hint="Name files below the directory of pyproject.toml, without .. or a leading slash.",
        )
    return pattern


def directories(root: Path) -> tuple[Path, ...]:
    """The directories that globs look into, `root` among them."""
    return tuple(Path(folder) for folder, _, _ in _folders(root))


def _walk(directory: Path) -> Iterator[Path]:
    for folder, names, files in _folders(directory):
        links = [name for name in names if Path(folder, name).is_symlink()]
        yield from (Path(folder, name) for name in (*files, *links))


def _folders(directory: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    for folder, names, files in os.walk(directory):
        names[:] = [name for name in names if not _never(name) and not Path(folder, name, "pyvenv.cfg").exists()]
        yield folder, names, files


def _stays(path: Path) -> bool:
    return any(_never(part) for part in path.parts) or any(fnmatchcase(path.name, secret) for secret in SECRETS)


def _never(name: str) -> bool:
    return name.startswith(".") or any(fnmatchcase(name, pattern) for pattern in NEVER)
