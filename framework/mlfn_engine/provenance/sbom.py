"""A software bill of materials in CycloneDX 1.6: the lock and what is really in the layers, which must agree."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from mlfn_engine.builders.base_layers import foundation
from mlfn_engine.builders.layer_cache import LayerCache
from mlfn_engine.cache import FileDigests
from mlfn_engine.images.plan_digest import MANIFEST_PATH, content_digest
from mlfn_engine.images.values import FilesLayer, RequirementsLayer
from mlfn_engine.oci.packing import source_date_epoch
from mlfn_engine.provenance.contents import Ecosystem, Package, check_locked, packages_in
from mlfn_engine.reporting import SilentReporter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlfn_engine.images.values import BaseImage, ImageArtifact, ImagePlan


def bill_of_materials(plan: ImagePlan, image: ImageArtifact, cache: Path) -> str:
    """The image's SBOM as JSON; the same image gives the same text.

    Raises:
        BuildError: the layers hold what the lock does not name.
    """
    bom = Bom(components=[*_packages(plan, cache), *_assets(plan, cache), *_remote_assets(plan), *_base(plan, cache)])
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_OID, image.digest)
    own = _image(plan, image)
    bom.metadata = BomMetaData(component=own, timestamp=datetime.fromtimestamp(source_date_epoch(), UTC))
    bom.register_dependency(own, bom.components)
    text = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string()
    return json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"


def _image(plan: ImagePlan, image: ImageArtifact) -> Component:
    labels = {name: value for name, value in plan.labels if name.startswith("dev.mlfn.")}
    return Component(
        name=f"{labels.get('dev.mlfn.app', '')}.{plan.function}",
        version=plan.version,
        type=ComponentType.CONTAINER,
        bom_ref="image",
        hashes=[_sha256(image.digest.removeprefix("sha256:"))],
        properties=[Property(name=name, value=value) for name, value in labels.items()],
    )


def _packages(plan: ImagePlan, cache: Path) -> Iterator[Component]:
    for layer in plan.layers:
        if isinstance(layer, RequirementsLayer) and (blob := LayerCache(cache).known(layer, plan.platform)):
            found = packages_in(LayerCache(cache).blob_path(blob.digest), f"the image of {plan.function!r}")
            check_locked(found, layer.lock, plan.function)
            yield from map(_package, found)


def _base(plan: ImagePlan, cache: Path) -> Iterator[Component]:
    if plan.base is None:
        return
    yield _base_image(plan.base)
    below = foundation(plan.base, plan.platform, cache, SilentReporter())
    latest: dict[tuple[Ecosystem, str], Package] = {}
    for layer in below.layers:
        found = packages_in(LayerCache(cache).blob_path(layer.digest), plan.base.reference)
        latest |= {(each.ecosystem, each.name): each for each in found}
    yield from (_package(latest[key]) for key in sorted(latest))


def _base_image(base: BaseImage) -> Component:
    return Component(
        name=base.reference,
        version=base.digest,
        type=ComponentType.CONTAINER,
        bom_ref="base",
        hashes=[_sha256(base.digest.removeprefix("sha256:"))],
    )


def _package(package: Package) -> Component:
    namespace = "debian" if package.ecosystem is Ecosystem.DEBIAN else None
    url: Any = PackageURL(type=package.ecosystem, namespace=namespace, name=package.name, version=package.version)
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        bom_ref=str(url),
        purl=url,
        licenses=[DisjunctiveLicense(name=package.licence)] if package.licence else [],
    )


def _assets(plan: ImagePlan, cache: Path) -> Iterator[Component]:
    digests = FileDigests(cache)
    for layer in plan.layers:
        if isinstance(layer, FilesLayer) and layer.name == "assets":
            for file in layer.files:
                found = content_digest(file, digests)
                reference = f"file:{file.path}#{hashlib.sha256(file.path.encode()).hexdigest()[:8]}"
                kind = ComponentType.MACHINE_LEARNING_MODEL
                yield Component(name=file.path, type=kind, bom_ref=reference, hashes=[_sha256(found)])


def _remote_assets(plan: ImagePlan) -> Iterator[Component]:
    """What the runtime brings from S3, as the manifest declares it."""
    files = (file for layer in plan.layers if isinstance(layer, FilesLayer) for file in layer.files)
    manifests = (file.source for file in files if file.path == MANIFEST_PATH and isinstance(file.source, bytes))
    for asset in (asset for manifest in manifests for asset in json.loads(manifest).get("assets", ())):
        name = f"s3://{asset['bucket']}/{asset['key']}"
        yield Component(
            name=name,
            version=asset.get("version"),
            type=ComponentType.MACHINE_LEARNING_MODEL,
            bom_ref=f"{name}#{asset['sha256'][:8]}",
            hashes=[_sha256(asset["sha256"])],
        )


def _sha256(digest: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=digest)
