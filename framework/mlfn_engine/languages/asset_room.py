"""Weights that no function of their type of package could hold, told before anything is packed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn.errors import BuildError
from mlfn_engine.values import PackageType

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mlfn_engine.values import Function

LIMITS = {PackageType.IMAGE: 10 << 30, PackageType.ZIP: 262_144_000}
"""Bytes, unpacked (AWS Lambda quotas)."""


def check_assets(function: Function, files: Iterable[Path]) -> None:
    """Hold a function's assets to what its package may have.

    Raises:
        BuildError: they alone are larger.
    """
    sizes = {path: path.stat().st_size for path in files}
    total, limit = sum(sizes.values()), LIMITS[function.package]
    if total > limit:
        largest = max(sizes, key=lambda path: sizes[path])
        raise BuildError(
            f"The assets of {function.key!r} take {total / 1e6:,.0f} MB, and Lambda takes {limit / 1e6:,.0f} MB "
            f"in all as {'an image' if function.package is PackageType.IMAGE else 'an archive'}.",
            hint=f"Leave them in S3, the largest first ({largest.name}, {sizes[largest] / 1e6:,.0f} MB): "
            "mlfn upload FILE says what to write in assets=.",
        )
