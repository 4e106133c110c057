"""What `pyproject.toml` says about container functions: `[tool.mlfn.knative]`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mlfn.errors import DiscoveryError
from mlfn_engine.projects.project import find_project, mlfn_section

if TYPE_CHECKING:
    from pathlib import Path

SECTION = "tool.mlfn.knative"
_KINDS: dict[str, type] = {
    "registry": str,
    "namespace": str,
    "context": str,
    "service-account": str,
    "audit": str,
    "concurrency": int,
    "max-scale": int,
    "cloud-run": bool,
    "env": dict,
    "secrets": dict,
}
_REGISTRY = re.compile(r"[\w.-]+(:\d+)?(/[a-z0-9]+([._/-]+[a-z0-9]+)*)+")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SECRET = re.compile(r"(?P<name>[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)/(?P<key>[\w.-]{1,253})")
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_TAKEN = re.compile(r"PORT|HOST|K_(SERVICE|CONFIGURATION|REVISION)|MLFN_.*|AWS_LAMBDA_.*|PYTHONPATH")
"""What the platform or mlfn sets."""


class RecordsIn(StrEnum):
    """Where the records of calls go: the stage's audit table, or no further than the container's log."""

    TABLE = "table"
    LOG = "log"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKey:
    """A variable whose value is in a secret of the cluster."""

    variable: str
    secret: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnativeSettings:
    """How models run as Knative Services; `{stage}` in a text is the stage."""

    registry: str | None = None
    """The repository that images are pushed to and pulled from."""
    namespace: str | None = None
    """None: kubectl's own."""
    context: str | None = None
    service_account: str | None = None
    audit: RecordsIn = RecordsIn.TABLE
    concurrency: int = 1
    """Calls that one container works on at a time."""
    max_scale: int | None = None
    cloud_run: bool = False
    """Services are for Cloud Run, which takes a part of Knative's fields and has annotations of its own."""
    env: tuple[tuple[str, str], ...] = ()
    secrets: tuple[SecretKey, ...] = ()


def read_knative(start: Path, stage: str) -> KnativeSettings:
    """What the project of `start` says, for a stage.

    Raises:
        DiscoveryError: it says something that cannot be.
    """
    path = find_project(start).root / "pyproject.toml"
    table = (mlfn_section(path) or {}).get("knative", {}) if path.is_file() else {}
    if not isinstance(table, dict):
        raise DiscoveryError(f"{path}: {SECTION} is no table.", hint=f"Write [{SECTION}] and settings below it.")
    for key, value in table.items():
        _check_kind(path, key, value)
    given = _staged(table, stage)
    texts = {key: _matching(path, given, key, pattern) for key, pattern in _PATTERNS.items()}
    return KnativeSettings(
        registry=texts["registry"],
        namespace=texts["namespace"],
        context=given.get("context"),
        service_account=texts["service-account"],
        audit=_audit(path, given.get("audit", "table")),
        concurrency=_positive(path, given, "concurrency") or 1,
        max_scale=_positive(path, given, "max-scale"),
        cloud_run=given.get("cloud-run", False),
        env=tuple(_env(path, given.get("env", {}))),
        secrets=tuple(_secrets(path, given.get("secrets", {}))),
    )


_PATTERNS = {"registry": _REGISTRY, "namespace": _LABEL, "service-account": re.compile(r"[a-z0-9][a-z0-9.@-]*")}
_EXAMPLES = {"registry": "ghcr.io/acme/models", "namespace": "models", "service-account": "models"}


def _check_kind(path: Path, key: str, value: Any) -> None:
    kind = _KINDS.get(key)
    if kind is None:
        raise DiscoveryError(f"{path}: {SECTION} has no setting {key!r}.", hint=f"It has: {', '.join(_KINDS)}.")
    texts = value.values() if isinstance(value, dict) else ()
    if type(value) is not kind or not all(isinstance(text, str) for text in texts):
        wanted = {str: "a string", int: "a number", bool: "true or false", dict: "a table of strings"}[kind]
        raise DiscoveryError(f"{path}: {SECTION}: {key} = {value!r} cannot be.", hint=f"Give {key} as {wanted}.")


def _staged(value: Any, stage: str) -> Any:
    if isinstance(value, dict):
        return {key: _staged(each, stage) for key, each in value.items()}
    return value.replace("{stage}", stage) if isinstance(value, str) else value


def _matching(path: Path, given: dict[str, Any], key: str, pattern: re.Pattern[str]) -> str | None:
    value: str | None = given.get(key)
    if value is None or pattern.fullmatch(value):
        return value
    raise DiscoveryError(f"{path}: {SECTION}: {key} = {value!r} cannot be.", hint=f'Write {key} = "{_EXAMPLES[key]}".')


def _audit(path: Path, value: str) -> RecordsIn:
    try:
        return RecordsIn(value)
    except ValueError:
        raise DiscoveryError(
            f"{path}: {SECTION}: audit = {value!r} cannot be.",
            hint='Write audit = "table", or audit = "log" if records may go no further than the log.',
        ) from None


def _positive(path: Path, given: dict[str, Any], key: str) -> int | None:
    value: int | None = given.get(key)
    if value is not None and not 1 <= value <= 1000:
        raise DiscoveryError(f"{path}: {SECTION}: {key} = {value} cannot be.", hint="Give a number from 1 to 1000.")
    return value


def _env(path: Path, given: dict[str, str]) -> list[tuple[str, str]]:
    for name in given:
        _check_variable(path, name)
    return sorted(given.items())


def _secrets(path: Path, given: dict[str, str]) -> list[SecretKey]:
    found = []
    for name, reference in sorted(given.items()):
        _check_variable(path, name)
        named = _SECRET.fullmatch(reference)
        if named is None:
            raise DiscoveryError(
                f"{path}: {SECTION}: secrets: {name} = {reference!r} names no secret and key.",
                hint=f'Write {name} = "secret/key" (for Cloud Run "secret/version").',
            )
        found.append(SecretKey(variable=name, secret=named["name"], key=named["key"]))
    return found


def _check_variable(path: Path, name: str) -> None:
    if not _VARIABLE.fullmatch(name) or _TAKEN.fullmatch(name):
        raise DiscoveryError(
            f"{path}: {SECTION}: a variable cannot be called {name!r}.",
            hint="Use letters, digits and _; PORT, HOST, PYTHONPATH, K_…, MLFN_… and AWS_LAMBDA_… are set already.",
        )
