"""Packages that a function imports and its requirements lack: here they are, and in its image they will not be."""

from __future__ import annotations

import sys
from importlib.metadata import packages_distributions
from typing import TYPE_CHECKING

from mlfn_engine.dependencies.requirements import locked_packages, normalized
from mlfn_engine.images.values import RequirementsLayer
from mlfn_engine.projects.sources import import_closure
from mlfn_engine.values import ModelSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlfn_engine.images.values import ImagePlan
    from mlfn_engine.values import AppGraph

_SHIPPED = frozenset({"mlfn"})


def unrequired(graph: AppGraph, plans: Sequence[ImagePlan]) -> Iterator[tuple[str, str, str]]:
    """Function, module and package of each such import; what is not installed here is passed by: it cannot be told."""
    providers = packages_distributions()
    planned = {plan.function: plan for plan in plans}
    for function in graph.functions:
        if isinstance(function.source, ModelSource):
            module = function.source.model.entrypoint.partition(":")[0]
            outside = import_closure(graph.root, [module]).outside
            yield from ((function.key, *each) for each in lacking(outside, _locked(planned[function.key]), providers))


def lacking(
    imported: frozenset[str], locked: frozenset[str], providers: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, str]]:
    """The imported modules whose packages are installed and not locked, each with the package."""
    for name in sorted(imported - sys.stdlib_module_names - _SHIPPED):
        packages = [normalized(each) for each in providers.get(name, ())]
        if packages and locked.isdisjoint(packages):
            yield name, packages[0]


def _locked(plan: ImagePlan) -> frozenset[str]:
    layers = [each for each in plan.layers if isinstance(each, RequirementsLayer)]
    return frozenset(normalized(name) for layer in layers for name, _ in locked_packages(layer.lock))
