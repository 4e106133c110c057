"""Lock a project for AWS: base images by digest, requirements by hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_engine.base_images.choice import base_reference
from mlfn_engine.base_images.references import LayoutReference, parse_reference
from mlfn_engine.base_images.store import BaseStore
from mlfn_engine.cache import cache_dir
from mlfn_engine.dependencies.base_packages import lendable
from mlfn_engine.dependencies.lock_file import LOCK_FILE, read_pins, write_pins
from mlfn_engine.dependencies.requirements import forget_lock, known_lock
from mlfn_engine.plan_image import plan_image
from mlfn_engine.platforms import based_platform, lambda_platform
from mlfn_engine.values import ModelSource, PackageType

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_engine.images.values import BaseImage, BasePackage, Platform
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import AppGraph, Architecture, Function


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """What a project is locked to now."""

    path: Path
    bases: tuple[tuple[str, BaseImage], ...]
    requirements: int


def lock_project(graph: AppGraph, reporter: Reporter, *, upgrade: bool = False, cache: Path | None = None) -> Locked:
    """Write the project's lock file; what it is locked to already stays, unless `upgrade`.

    Raises:
        MlfnError: the base image cannot be had, or a requirement has no wheel for it.
    """
    directory = cache or cache_dir()
    architectures = sorted({function.resources.architecture for function in graph.functions})
    bases = {each: _base(graph.root, each, directory, reporter, upgrade=upgrade) for each in architectures}
    locks: dict[str, tuple[str, str]] = {}
    if upgrade:
        _forget(graph, bases, directory)
    for function in graph.functions:
        base, platform = _foundation(function, bases)
        plan_image(function, graph, platform, base=base, cache=directory)
        for lines, preferred in _asked(function, base, graph.root):
            if known := known_lock(lines, platform, graph.root, cache=directory, preferred=preferred):
                locks[known[0]] = (_named(lines, platform), known[1])
    path = write_pins(graph.root, {str(key): base for key, base in bases.items()}, locks)
    return Locked(path=path, bases=tuple(bases.items()), requirements=len(locks))


def _base(root: Path, architecture: Architecture, cache: Path, reporter: Reporter, *, upgrade: bool) -> BaseImage:
    reference = base_reference(root, architecture)
    pinned = read_pins(root).base(architecture, None)
    same = pinned is not None and pinned.reference == reference
    if pinned and same and not upgrade and not isinstance(parse_reference(reference, root), LayoutReference):
        return pinned
    return BaseStore(cache, reporter).find(reference, root, architecture)


def _foundation(function: Function, bases: dict[Architecture, BaseImage]) -> tuple[BaseImage | None, Platform]:
    """What a function is planned on: an archive has AWS's own Python below it."""
    architecture = function.resources.architecture
    if function.package is PackageType.ZIP:
        return None, lambda_platform(architecture)
    return bases[architecture], based_platform(bases[architecture], architecture)


def _forget(graph: AppGraph, bases: dict[Architecture, BaseImage], cache: Path) -> None:
    (graph.root / LOCK_FILE).unlink(missing_ok=True)
    for function in graph.functions:
        base, platform = _foundation(function, bases)
        for lines, preferred in _asked(function, base, graph.root):
            forget_lock(lines, platform, graph.root, cache=cache, preferred=preferred)


def _asked(
    function: Function, base: BaseImage | None, root: Path
) -> tuple[tuple[tuple[str, ...], tuple[BasePackage, ...]], ...]:
    """The requirements that planning a function may lock: its own, and those with pydantic; with what is preferred."""
    if not isinstance(function.source, ModelSource):
        return (((), ()),)
    own, preferred = function.source.model.requirements, lendable(base, root)
    return (own, preferred), ((*own, "pydantic"), preferred)


def _named(lines: tuple[str, ...], platform: Platform) -> str:
    return f"{platform}: {', '.join(lines) or 'nothing but the runtime'}"
