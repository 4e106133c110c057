"""Where signatures are kept: beside each other in a directory of the project, and with an image for its push."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from mlfn_engine.canonical import canonical
from mlfn_engine.images.signature_names import ATTACHED
from mlfn_engine.oci.documents import blob_digest, descriptor
from mlfn_engine.oci.media_types import CONFIG_TYPE, MANIFEST_TYPE
from mlfn_engine.provenance.signing import Signature

if TYPE_CHECKING:
    from pathlib import Path

_PAYLOAD_TYPE = "application/vnd.dev.cosign.simplesigning.v1+json"
_ANNOTATION = "dev.cosignproject.cosign/signature"


def write_signature(directory: Path, digest: str, signature: Signature) -> tuple[Path, Path]:
    """Keep a signature as `cosign verify-blob --key … --signature FILE.sig FILE.payload` takes it."""
    stem = directory / digest.replace(":", "-")
    payload, text = stem.with_suffix(".payload"), stem.with_suffix(".sig")
    payload.write_bytes(signature.payload)
    text.write_text(signature.text)
    return payload, text


def read_signature(directory: Path, digest: str) -> Signature | None:
    """The signature kept for an image; None if there is none, or it cannot be read."""
    stem = directory / digest.replace(":", "-")
    try:
        signature = base64.b64decode(stem.with_suffix(".sig").read_bytes(), validate=True)
        return Signature(payload=stem.with_suffix(".payload").read_bytes(), signature=signature)
    except (OSError, binascii.Error):
        return None


def attach(layout: Path, signature: Signature) -> None:
    """Lay a signature beside an image, so that a push takes it along."""
    config = canonical({"architecture": "", "os": "", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}})
    layer = {**descriptor(_PAYLOAD_TYPE, signature.payload), "annotations": {_ANNOTATION: signature.text}}
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": descriptor(CONFIG_TYPE, config.encode()),
        "layers": [layer],
    }
    manifest = canonical(document).encode()
    for content in (config.encode(), signature.payload, manifest):
        (layout / "blobs" / blob_digest(content).replace(":", "/")).write_bytes(content)
    (layout / ATTACHED).write_text(blob_digest(manifest))
