"""How an image was made, as an in-toto statement with SLSA's provenance predicate (slsa.dev/spec/v1.0/provenance)."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import subprocess
from typing import TYPE_CHECKING, Any, assert_never

from mlfn_engine.cache import FileDigests
from mlfn_engine.dependencies.requirements import locked_packages
from mlfn_engine.images.plan_digest import content_digest
from mlfn_engine.images.values import BytecodeLayer, FilesLayer, RequirementsLayer
from mlfn_engine.oci.packing import COMPRESSOR, source_date_epoch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlfn_engine.images.values import ImageArtifact, ImagePlan, Layer

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:mlfn:image-build:1"


def provenance(plan: ImagePlan, image: ImageArtifact, root: Path, cache: Path) -> str:
    """The statement as JSON."""
    labels = dict(plan.labels)
    document = {
        "_type": STATEMENT,
        "subject": [{"name": plan.function, "digest": {"sha256": image.digest.removeprefix("sha256:")}}],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "app": labels.get("dev.mlfn.app", ""),
                    "model": plan.function,
                    "version": plan.version,
                    "platform": str(plan.platform),
                    "source": source_revision(root),
                },
                "internalParameters": {"compressor": COMPRESSOR, "sourceDateEpoch": source_date_epoch()},
                "resolvedDependencies": list(_dependencies(plan, FileDigests(cache))),
            },
            "runDetails": {
                "builder": {"id": "urn:mlfn:builder", "version": {"mlfn": importlib.metadata.version("mlfn")}},
                "metadata": {"invocationId": plan.digest},
            },
        },
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def source_revision(root: Path) -> dict[str, Any]:
    """The commit that a project is at, and whether it was changed since; empty outside version control."""
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return {}
    return {"gitCommit": commit.strip(), "changed": bool(_git(root, "status", "--porcelain", "--", "."))}


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def _dependencies(plan: ImagePlan, digests: FileDigests) -> Iterator[dict[str, Any]]:
    if plan.base:
        yield {"name": plan.base.reference, "digest": {"sha256": plan.base.digest.removeprefix("sha256:")}}
    for layer in plan.layers:
        yield from _of_layer(layer, digests)


def _of_layer(layer: Layer, digests: FileDigests) -> Iterator[dict[str, Any]]:
    match layer:
        case FilesLayer():
            for file in layer.files:
                yield {"name": file.path, "digest": {"sha256": content_digest(file, digests)}}
        case RequirementsLayer():
            yield {"name": "requirements", "digest": {"sha256": hashlib.sha256(layer.lock.encode()).hexdigest()}}
            yield from ({"uri": f"pkg:pypi/{name}@{version}"} for name, version in locked_packages(layer.lock))
        case BytecodeLayer():
            return
        case _:
            assert_never(layer)
