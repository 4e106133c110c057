"""Python packages that a base image has already: what of a lock need not be installed a second time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_engine.projects.package_settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mlfn_engine.images.values import BaseImage, BasePackage


def lendable(base: BaseImage | None, root: Path) -> tuple[BasePackage, ...]:
    """What images of the project at `root` may use of their base."""
    return base.packages if base and read_settings(root).base_packages else ()


def lent(packages: tuple[BasePackage, ...], versions: Iterable[tuple[str, str]]) -> tuple[BasePackage, ...]:
    """Those that are there in the very versions of a lock, with everything that they need of it."""
    locked = dict(versions)
    found = {each.name: each for each in packages if locked.get(each.name) == each.version}
    while True:
        whole = {
            name: each
            for name, each in found.items()
            if all(need in found for need in each.needs if need in locked)
        }  # fmt: skip
        if len(whole) == len(found):
            return tuple(found[name] for name in sorted(found))
        found = whole
