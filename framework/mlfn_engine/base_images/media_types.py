"""The media types of images: OCI's, and Docker's for the same documents."""

from __future__ import annotations

from mlfn_engine.builders.image_documents import INDEX_TYPE, LAYER_TYPE, MANIFEST_TYPE

MANIFEST_TYPES = (MANIFEST_TYPE, "application/vnd.docker.distribution.manifest.v2+json")
INDEX_TYPES = (INDEX_TYPE, "application/vnd.docker.distribution.manifest.list.v2+json")
GZIP_LAYERS = (LAYER_TYPE, "application/vnd.docker.image.rootfs.diff.tar.gzip")
"""What Lambda takes; both mean the same bytes."""
