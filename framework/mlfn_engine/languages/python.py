"""Python functions: requirements, assets, the mlfn package, the modules that the entrypoint imports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, assert_never

import mlfn
from mlfn.errors import BuildError
from mlfn_engine.artefacts.pickles import PickleReader, dangerous, dangerous_artefact, is_pickled
from mlfn_engine.canonical import canonical
from mlfn_engine.contracts.handlers import input_contract, needs_pydantic, output_contract, referenced_modules
from mlfn_engine.contracts.manifest import Contract, ingress_manifest, model_manifest
from mlfn_engine.dependencies.base_packages import lendable, lent
from mlfn_engine.dependencies.requirements import CORE, lock, locked_packages, locked_version, own_version
from mlfn_engine.images.plan_digest import MANIFEST_PATH
from mlfn_engine.images.values import FilesLayer, ImagePlan, PlannedFile, RequirementsLayer
from mlfn_engine.languages.asset_room import check_assets
from mlfn_engine.languages.package_layer import RUNTIME, base_bytecode, compiles_for, package_layer, with_bytecode
from mlfn_engine.languages.slow_modules import deferred
from mlfn_engine.projects.package_settings import PackageSettings, read_settings
from mlfn_engine.projects.project_files import asset_files, globbed, image_path, inside, without
from mlfn_engine.projects.sources import ImportClosure, import_closure, module_file, module_name
from mlfn_engine.values import IngressSource, ModelSource

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlfn_engine.images.values import BaseImage, BasePackage, Layer, Platform
    from mlfn_engine.values import AppGraph, Function, ModelSpec

TASK = "var/task"
REQUIREMENTS = "opt/python"
NOT_INCLUDED = ("tests",)
"""What `include` never brings in; an import does."""

START = "from mlfn.runtime.loop import main; main()"


@dataclass(frozen=True, slots=True)
class Python:
    """Plans the images of Python models, and of the ingress."""

    cache: Path

    def plan_image(
        self, function: Function, graph: AppGraph, platform: Platform, base: BaseImage | None = None
    ) -> ImagePlan:
        """The image of a function, described but for its digest and version."""
        match function.source:
            case ModelSource(model=model):
                layers = self._model_layers(function, model, graph, platform, lendable(base, graph.root))
            case IngressSource():
                layers = self._ingress_layers(function, function.source, graph, platform)
            case _:
                assert_never(function.source)
        return ImagePlan(
            function=function.key,
            platform=platform,
            layers=(
                *base_bytecode(base, _lent(layers)),
                *(each for each in layers if not isinstance(each, FilesLayer) or each.files),
            ),
            environment=(("PYTHONPATH", f"/{TASK}:/{REQUIREMENTS}:/{RUNTIME}"),),
            command=(base.interpreter if base else f"python{platform.python}", "-S", "-c", START),
            working_dir=f"/{TASK}",
            labels=_labels(function, graph, platform, base),
            version="",
            digest="",
            base=base,
            package=function.package,
        )

    def _model_layers(
        self,
        function: Function,
        model: ModelSpec,
        graph: AppGraph,
        platform: Platform,
        lenders: tuple[BasePackage, ...],
    ) -> tuple[Layer, ...]:
        settings = read_settings(graph.root)
        contracts = (
            input_contract(model.handler, model.input_schema),
            output_contract(model.handler, model.output_schema),
        )
        included = without(globbed(graph.root, settings.include), NOT_INCLUDED)
        closure = import_closure(graph.root, _modules(model, contracts, included, graph.root))
        pydantic = "pydantic" in closure.outside or any(map(needs_pydantic, contracts))
        lock_lines = partial(lock, platform=platform, root=graph.root, cache=self.cache, preferred=lenders)
        locked = _locked(lock_lines, model.requirements, pydantic=pydantic)
        if locked_version(locked, CORE) != own_version(CORE):
            locked = _locked(lock_lines, model.requirements, pydantic=True)
            contracts = {**contracts[0], "core": None}, {**contracts[1], "core": None}
        assets = tuple(sorted({path for asset in model.assets for path in asset_files(graph.root, asset)}))
        check_assets(function, (inside(graph.root, path) for path in assets))
        manifest = model_manifest(graph, function, model, contracts)
        manifest |= self._pickles(graph.root, assets, settings, unseen=any(map(is_pickled, model.remote_assets)))
        if settings.lazy_imports and (late := deferred(locked)):
            manifest["lazy"] = late
        return (
            RequirementsLayer(
                name="requirements", lock=locked, lent=lent(lenders, locked_packages(locked)), prefix=REQUIREMENTS
            ),
            FilesLayer(name="assets", files=tuple(_project_file(graph.root, path) for path in assets)),
            self._runtime(platform),
            self._code(graph.root, _code_files(closure, included, settings, assets), manifest, platform),
        )

    def _pickles(
        self, root: Path, assets: tuple[Path, ...], settings: PackageSettings, *, unseen: bool
    ) -> dict[str, list[str]]:
        """What the pickled artefacts import, for the runtime to hold them to; nothing where there are none.

        Of those in S3, which are `unseen`, only allow-pickle can say it.
        """
        found = {path: names for path in assets if (names := self._names(inside(root, path))) is not None}
        for path, names in found.items():
            if refused := dangerous(names, settings.allow_pickle):
                raise dangerous_artefact(path.as_posix(), refused)
        every = {name for names in found.values() for name in names} | set(settings.allow_pickle)
        return {"pickles": sorted(every)} if found or unseen else {}

    def _names(self, path: Path) -> tuple[str, ...] | None:
        return PickleReader(self.cache).names(path)

    def _ingress_layers(
        self, function: Function, source: IngressSource, graph: AppGraph, platform: Platform
    ) -> tuple[Layer, ...]:
        manifest = ingress_manifest(graph.app, function, source)
        return (
            RequirementsLayer(
                name="requirements", lock=lock((), platform, graph.root, cache=self.cache), prefix=REQUIREMENTS
            ),
            self._runtime(platform),
            self._code(graph.root, (), manifest, platform),
        )

    def _runtime(self, platform: Platform) -> FilesLayer:
        return package_layer((mlfn,), platform, self.cache)

    def _code(self, root: Path, paths: tuple[Path, ...], manifest: dict[str, Any], platform: Platform) -> FilesLayer:
        files = [_project_file(root, path) for path in paths]
        files.append(PlannedFile(path=MANIFEST_PATH, source=canonical(manifest).encode()))
        return FilesLayer(name="code", files=with_bytecode(files, platform, self.cache))


def _locked(lock_lines: Callable[[tuple[str, ...]], str], lines: tuple[str, ...], *, pydantic: bool) -> str:
    locked = lock_lines(lines)
    if pydantic and locked_version(locked, "pydantic") is None:
        return lock_lines((*lines, "pydantic"))
    return locked


def _lent(layers: tuple[Layer, ...]) -> tuple[BasePackage, ...]:
    return tuple(each for layer in layers if isinstance(layer, RequirementsLayer) for each in layer.lent)


def _labels(
    function: Function, graph: AppGraph, platform: Platform, base: BaseImage | None
) -> tuple[tuple[str, str], ...]:
    below = [("org.opencontainers.image.base.digest", base.digest)] if base else []
    return (
        ("dev.mlfn.app", graph.app),
        ("dev.mlfn.bytecode", platform.python if compiles_for(platform) else "none"),
        ("dev.mlfn.model", function.key),
        *below,
        ("org.opencontainers.image.base.name", base.reference if base else str(platform.base)),
    )


def _modules(
    model: ModelSpec, contracts: tuple[Contract, Contract], included: tuple[Path, ...], root: Path
) -> set[str]:
    """The modules from which a model's code is followed: its own, those of its types, and the included ones."""
    own = {name.partition(":")[0] for name in (model.entrypoint, model.load, model.audit.summary) if name}
    for name in sorted(own):
        if module_file(root, name) is None:
            raise BuildError(
                f"The module {name!r} of model {model.name!r} is not in {root.name}/.",
                hint="Move it below the directory of pyproject.toml, or put pyproject.toml above it.",
            )
    types = {name for contract in contracts for name in referenced_modules(contract)}
    return own | types | {module_name(path) for path in included if path.suffix == ".py"}


def _code_files(
    closure: ImportClosure, included: tuple[Path, ...], settings: PackageSettings, assets: tuple[Path, ...]
) -> tuple[Path, ...]:
    """What the entrypoint imports and what `include` names, without `exclude` and assets (which have a layer)."""
    wanted = {*closure.files, *included} - set(assets)
    return without(sorted(wanted), settings.exclude)


def _project_file(root: Path, path: Path) -> PlannedFile:
    source = inside(root, path)
    executable = path.suffix != ".py" and source.stat().st_mode & 0o100
    return PlannedFile(path=image_path(TASK, path), source=source, mode=0o755 if executable else 0o644)
