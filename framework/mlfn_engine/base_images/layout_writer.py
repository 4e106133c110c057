"""Write a base image of one layer as an OCI image layout."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mlfn.errors import BuildError
from mlfn_engine.canonical import canonical
from mlfn_engine.oci.documents import LAYOUT, blob_digest, image_manifest, layout_index
from mlfn_engine.oci.packing import source_date_epoch
from mlfn_engine.platforms import oci_architecture

if TYPE_CHECKING:
    from mlfn_engine.oci.layer_archive import LayerBlob
    from mlfn_engine.values import Architecture

_PATH = "PATH=/usr/local/bin:/usr/bin:/bin"


def write_layout(blob: Path, layer: LayerBlob, architecture: Architecture, target: Path, name: str) -> str:
    """The digest of the image's manifest; a layout that was there before is replaced, whole.

    Raises:
        BuildError: the target cannot be written, or is something else than a layout.
    """
    config = _config(layer, architecture, name)
    manifest = image_manifest(config, [layer])
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".layout-") as directory:
            made = Path(directory, "made")
            blobs = made / "blobs" / "sha256"
            blobs.mkdir(parents=True)
            blob.rename(blobs / layer.digest.removeprefix("sha256:"))
            for content in (config, manifest):
                (blobs / blob_digest(content).removeprefix("sha256:")).write_bytes(content)
            (made / "oci-layout").write_bytes(LAYOUT)
            (made / "index.json").write_bytes(layout_index(manifest, "base"))
            _make_room(target)
            made.rename(target)
    except OSError as error:
        raise BuildError(
            f"The base image cannot be written to {target}: {error.strerror or error}.",
            hint="Give --output a directory that you may write.",
        ) from error
    return blob_digest(manifest)


def _make_room(target: Path) -> None:
    if not target.exists():
        return
    if not (target / "oci-layout").is_file() and (not target.is_dir() or any(target.iterdir())):
        raise BuildError(
            f"{target} is there already, and it is no base image.", hint="Give --output another directory."
        )
    shutil.rmtree(target)


def _config(layer: LayerBlob, architecture: Architecture, name: str) -> bytes:
    created = datetime.fromtimestamp(source_date_epoch(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    document = {
        "created": created,
        "architecture": oci_architecture(architecture),
        "os": "linux",
        "config": {"Env": [_PATH], "Labels": {"org.opencontainers.image.title": name}},
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id]},
        "history": [{"created": created, "created_by": f"mlfn base debian: {name}"}],
    }
    return canonical(document).encode()
