"""Links from where a function finds its packages to those that lie in the base image."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from mlfn.errors import DependencyError
from mlfn_engine.images.values import PlannedFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.images.values import BasePackage, Platform, RequirementsLayer

LINK = stat.S_IFLNK | 0o777


def links_to_base(layer: RequirementsLayer, platform: Platform, installed: set[str]) -> list[PlannedFile]:
    """A link for each name that a lent package has; `installed` are those that the layer itself has.

    Raises:
        DependencyError: a package of the layer shares such a name, and the link would hide one of them.
    """
    for package in layer.lent:
        if both := installed.intersection(package.tops):
            raise DependencyError(
                f"{package.name} {package.version}, which the base image has, shares {min(both)!r} with a package "
                "that it has not.",
                hint="Write base-packages = false in [tool.mlfn]: then the image brings all its packages itself.",
            )
    found = [(target, path) for package in layer.lent for path, target in _links(package, platform.python)]
    return [PlannedFile(path=f"{layer.prefix}/{path}", source=target.encode(), mode=LINK) for target, path in found]


def _links(package: BasePackage, python: str) -> Iterator[tuple[str, str]]:
    for top in package.tops:
        yield top, f"/{package.directory}/{top}"
        if top.endswith(".py"):  # Python looks for byte code beside the link
            compiled = f"__pycache__/{top.removesuffix('.py')}.cpython-{python.replace('.', '')}.pyc"
            yield compiled, f"/{package.directory}/{compiled}"
