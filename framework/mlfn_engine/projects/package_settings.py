"""What `pyproject.toml` says about packaging: `[tool.mlfn]` and uv's overrides."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn.errors import BuildError
from mlfn_engine.canonical import canonical

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageSettings:
    """How an app's images are packaged."""

    include: tuple[str, ...] = ()
    """Globs of files that go into every model's image besides the modules it imports."""
    exclude: tuple[str, ...] = ()
    """Globs of files that never do."""
    base: str | None = None
    """The base image of images for AWS: a registry's reference, or `oci:` and a path."""
    local_base: bool = False
    """Whether images for the emulator stand on it, too, and not on this machine."""
    base_packages: bool = True
    """Whether images use the Python packages that their base has in the versions that are locked."""
    lazy_imports: bool = True
    """Whether slow modules that libraries import, but most models never use, are imported on their first use."""
    allow_pickle: tuple[str, ...] = ()
    """Globals (`module.name`) that pickles may import besides those found in the artefacts, dangerous ones included."""
    attestations: str = "attestations"
    """Where `mlfn attest` puts SBOMs, statements and signatures."""
    trusted_keys: tuple[str, ...] = ()
    """Public keys, one of which must have signed an image that is deployed; none: no signature is asked for."""
    allow_sdist: tuple[str, ...] = ()
    """Packages that may be built from source, on this machine."""
    overrides: tuple[str, ...] = ()
    """`[tool.uv] override-dependencies`: requirements that replace what packages ask for."""
    uv: str = "{}"
    """`[tool.uv]` as canonical JSON, since an index set there changes what is resolved."""


def read_settings(root: Path) -> PackageSettings:
    """The packaging settings of the project at `root`."""
    path = root / "pyproject.toml"
    if not path.is_file():
        return PackageSettings()
    try:
        tool = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BuildError(f"{path} is not valid TOML: {error}.", hint="Mend that line.") from error
    mlfn, uv = tool.get("mlfn", {}), tool.get("uv", {})
    return PackageSettings(
        include=_texts(mlfn, "include", path),
        exclude=_texts(mlfn, "exclude", path),
        base=_text(mlfn, "base", path),
        local_base=_flag(mlfn, "local-base", path),
        base_packages=_flag(mlfn, "base-packages", path, default=True),
        lazy_imports=_flag(mlfn, "lazy-imports", path, default=True),
        allow_pickle=_texts(mlfn, "allow-pickle", path),
        attestations=_text(mlfn, "attestations", path) or "attestations",
        trusted_keys=_texts(mlfn, "trusted-keys", path),
        allow_sdist=_texts(mlfn, "allow-sdist", path),
        overrides=_texts(uv, "override-dependencies", path),
        uv=canonical(_plain(uv)),
    )


def _texts(table: dict[str, Any], key: str, path: Path) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BuildError(
            f"{key!r} in {path} must be a list of strings.", hint=f'Write it as {key} = ["first", "second"].'
        )
    return tuple(value)


def _text(table: dict[str, Any], key: str, path: Path) -> str | None:
    value = table.get(key)
    if value is not None and not (isinstance(value, str) and value):
        raise BuildError(f"{key!r} in {path} must be a string.", hint=f'Write it as {key} = "text".')
    return value


def _flag(table: dict[str, Any], key: str, path: Path, *, default: bool = False) -> bool:
    value = table.get(key, default)
    if not isinstance(value, bool):
        raise BuildError(f"{key!r} in {path} must be true or false.", hint=f"Write it as {key} = true.")
    return value


def _plain(value: object) -> object:
    """TOML's dates as text, the rest as it is."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool) else str(value)
