"""An image plan's identity: everything that goes into the image, wherever it lay on the machine that planned it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, assert_never

from mlfn_engine.canonical import canonical, digest
from mlfn_engine.images.values import BytecodeLayer, FilesLayer, PlannedFile, RequirementsLayer
from mlfn_engine.values import PackageType

if TYPE_CHECKING:
    from mlfn_engine.cache import FileDigests
    from mlfn_engine.images.values import ImagePlan, Layer

MANIFEST_PATH = "var/task/mlfn-manifest.json"
VERSION_LABEL = "dev.mlfn.version"
PLAN_LABEL = "dev.mlfn.plan"

PACKAGING = 3
"""Counts up whenever the same plan begins to give another image."""


def identified(plan: ImagePlan, digests: FileDigests) -> ImagePlan:
    """The plan with its digest and version, which its manifest and labels name too."""
    whole = plan_digest(plan, digests)
    labels = (*plan.labels, (VERSION_LABEL, whole[:12]), (PLAN_LABEL, whole))
    layers = tuple(_with_manifest(layer, whole) for layer in plan.layers)
    return replace(plan, layers=layers, labels=tuple(sorted(labels)), digest=whole, version=whole[:12])


def plan_digest(plan: ImagePlan, digests: FileDigests) -> str:
    """SHA-256 (hex) of a plan; of its manifest and labels, what they say of the digest itself is left out."""
    return digest(
        {
            "packaging": PACKAGING,
            "function": plan.function,
            "platform": str(plan.platform),
            "layers": [layer_facts(layer, digests) for layer in plan.layers],
            "environment": plan.environment,
            "command": plan.command,
            "working_dir": plan.working_dir,
            "labels": [[key, value] for key, value in plan.labels if key not in {VERSION_LABEL, PLAN_LABEL}],
            **({"base": plan.base.digest} if plan.base else {}),
            **({"package": plan.package} if plan.package is not PackageType.IMAGE else {}),
        }
    )


def layer_facts(layer: Layer, digests: FileDigests) -> dict[str, Any]:
    """What makes a layer what it is, but for what its manifest says of the plan's digest."""
    match layer:
        case FilesLayer():
            return {"name": layer.name, "files": [_file_facts(file, digests) for file in layer.files]}
        case RequirementsLayer():
            omitted = {"omit": layer.omit} if layer.omit else {}
            lock = hashlib.sha256(layer.lock.encode()).hexdigest()
            lent = {"lent": [asdict(each) for each in layer.lent]} if layer.lent else {}
            return {"name": layer.name, "lock": lock, "prefix": layer.prefix, **omitted, **lent}
        case BytecodeLayer():
            packages = {"packages": [asdict(each) for each in layer.packages]} if layer.packages else {}
            return {"name": layer.name, "base": layer.base.digest, **packages}
        case _:
            assert_never(layer)


def content_digest(file: PlannedFile, digests: FileDigests) -> str:
    """SHA-256 (hex) of a planned file's bytes."""
    if isinstance(file.source, bytes):
        return hashlib.sha256(file.source).hexdigest()
    return digests.digest(file.source)


def _file_facts(file: PlannedFile, digests: FileDigests) -> list[Any]:
    if file.path == MANIFEST_PATH and isinstance(file.source, bytes):
        file = replace(file, source=_manifest(file.source, {}))
    return [file.path, file.mode, content_digest(file, digests)]


def _with_manifest(layer: Layer, whole: str) -> Layer:
    if not isinstance(layer, FilesLayer):
        return layer
    return replace(layer, files=tuple(_named(file, whole) for file in layer.files))


def _named(file: PlannedFile, whole: str) -> PlannedFile:
    if file.path != MANIFEST_PATH or not isinstance(file.source, bytes):
        return file
    return replace(file, source=_manifest(file.source, {"version": whole[:12], "artifact": whole}))


def _manifest(content: bytes, identity: dict[str, str]) -> bytes:
    facts = {key: value for key, value in json.loads(content).items() if key not in {"version", "artifact"}}
    return canonical({**facts, **identity}).encode()
