"""AWS's shared configuration files: where other tools look for credentials, region and endpoint."""

from __future__ import annotations

import configparser
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlfn.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One profile: what both files say of it, the credentials file first."""

    name: str
    settings: Mapping[str, str]
    environ: Mapping[str, str]

    def get(self, name: str) -> str | None:
        """A setting, or None."""
        return self.settings.get(name) or None


def read_profile(name: str | None, environ: Mapping[str, str]) -> Profile:
    """The profile that is named, else that of AWS_PROFILE, else `default` (which may be empty).

    Raises:
        TargetError: there is no profile of that name, or a file cannot be read.
    """
    asked = name or environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE")
    wanted = asked or "default"
    home = Path(environ.get("HOME") or Path.home()) / ".aws"
    credentials = _parsed(Path(environ.get("AWS_SHARED_CREDENTIALS_FILE") or home / "credentials"))
    config = _parsed(Path(environ.get("AWS_CONFIG_FILE") or home / "config"))
    section = wanted if wanted == "default" else f"profile {wanted}"
    if asked and wanted != "default" and not (credentials.has_section(wanted) or config.has_section(section)):
        raise TargetError(f"There is no AWS profile {wanted!r}.", hint="Name one of ~/.aws/config, or set AWS_PROFILE.")
    settings = {**_section(config, section), **_section(credentials, wanted)}
    return Profile(name=wanted, settings=settings, environ=environ)


def _parsed(path: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(default_section="(no defaults)")
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise TargetError(f"{path} cannot be read: {error}.", hint="Mend the file, or name another one.") from error
    return parser


def _section(parser: configparser.RawConfigParser, name: str) -> dict[str, str]:
    return dict(parser.items(name)) if parser.has_section(name) else {}
