"""The JSON documents of an OCI image (OCI Image Format Specification 1.0), canonical."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_engine.canonical import canonical
from mlfn_engine.platforms import oci_architecture

if TYPE_CHECKING:
    from mlfn_engine.builders.base_layers import Foundation
    from mlfn_engine.builders.layer_archive import LayerBlob
    from mlfn_engine.images.values import ImagePlan

CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'


def image_config(plan: ImagePlan, below: Foundation, layers: list[tuple[str, LayerBlob]], epoch: int) -> bytes:
    """The image's configuration: how to run it, what its layers are; what the base says holds unless we say else."""
    created = datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    base = below.config.get("config") or {}
    document = {
        "created": created,
        "architecture": oci_architecture(plan.platform.architecture),
        "os": "linux",
        "config": {
            **({"User": base["User"]} if base.get("User") else {}),
            "Env": _environment(base.get("Env") or [], plan),
            "Entrypoint": list(plan.command),
            "WorkingDir": plan.working_dir,
            "Labels": {**(base.get("Labels") or {}), **dict(plan.labels)},
        },
        "rootfs": {"type": "layers", "diff_ids": [blob.diff_id for blob in (*below.layers, *(b for _, b in layers))]},
        "history": [
            *below.config.get("history", ()),
            *({"created": created, "created_by": f"mlfn: {name}"} for name, _ in layers),
        ],
    }
    return canonical(document).encode()


def _environment(base: list[str], plan: ImagePlan) -> list[str]:
    own = dict(plan.environment)
    return [
        *(entry for entry in base if entry.partition("=")[0] not in own),
        *(f"{name}={value}" for name, value in plan.environment),
    ]


def image_manifest(config: bytes, layers: list[LayerBlob]) -> bytes:
    """A manifest of one architecture: Lambda refuses an index."""
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": descriptor(CONFIG_TYPE, config),
        "layers": [{"mediaType": LAYER_TYPE, "digest": blob.digest, "size": blob.size} for blob in layers],
    }
    return canonical(document).encode()


def layout_index(manifest: bytes, name: str) -> bytes:
    """The index of an image layout that holds one image."""
    entry = {**descriptor(MANIFEST_TYPE, manifest), "annotations": {"org.opencontainers.image.ref.name": name}}
    return canonical({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [entry]}).encode()


def descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    """A content descriptor."""
    return {"mediaType": media_type, "digest": blob_digest(content), "size": len(content)}


def blob_digest(content: bytes) -> str:
    """A blob's digest in OCI's form."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
