"""The JSON documents of an OCI image (OCI Image Format Specification 1.0), canonical."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from mlfn_engine.canonical import canonical
from mlfn_engine.oci.media_types import CONFIG_TYPE, INDEX_TYPE, LAYER_TYPE, MANIFEST_TYPE

if TYPE_CHECKING:
    from mlfn_engine.oci.layer_archive import LayerBlob

LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'


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
