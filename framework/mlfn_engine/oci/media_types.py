"""The media types of images: OCI's, and Docker's for the same documents."""

from __future__ import annotations

CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
MANIFEST_TYPES = (MANIFEST_TYPE, "application/vnd.docker.distribution.manifest.v2+json")
INDEX_TYPES = (INDEX_TYPE, "application/vnd.docker.distribution.manifest.list.v2+json")
GZIP_LAYERS = (LAYER_TYPE, "application/vnd.docker.image.rootfs.diff.tar.gzip")
"""What Lambda takes; both mean the same bytes."""
