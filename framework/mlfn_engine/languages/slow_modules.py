"""Modules whose import can wait until a model uses them."""

from __future__ import annotations

from mlfn_engine.dependencies.requirements import locked_version

SLOW: dict[str, dict[str, list[str]]] = {
    "numpy": {"numpy.f2py": [], "numpy.testing": []},
    "scipy": {
        "scipy.stats": ["gmean", "rankdata", "spearmanr"],
        "scipy.integrate": ["trapezoid"],
        "scipy.linalg.interpolative": ["interp_decomp"],
        "scipy.optimize._shgo": ["shgo"],
        "scipy.spatial.transform": [],
    },
}
"""By package: the module, and its plain functions that scikit-learn and scipy import from it by name as they start."""


def deferred(lock: str) -> dict[str, list[str]]:
    """What of a lock's packages is imported late: module → functions that stand in for its own."""
    there = (modules for package, modules in SLOW.items() if locked_version(lock, package))
    return {module: names for modules in there for module, names in modules.items()}
