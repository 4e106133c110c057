"""Modules whose import can wait until a model uses them."""

from __future__ import annotations

from mlfn_engine.requirements import locked_version

SLOW = {"scipy": {"scipy.stats": ["gmean", "rankdata", "spearmanr"]}}
"""By package: the module, and its plain functions that scikit-learn imports from it by name when it is imported."""


def deferred(lock: str) -> dict[str, list[str]]:
    """What of a lock's packages is imported late: module → functions that stand in for its own."""
    there = (modules for package, modules in SLOW.items() if locked_version(lock, package))
    return {module: names for modules in there for module, names in modules.items()}
