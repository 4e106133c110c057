"""The configuration of an image that stands on a base, or on none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlfn_engine.canonical import canonical
from mlfn_engine.platforms import oci_architecture

if TYPE_CHECKING:
    from mlfn_engine.builders.base_layers import Foundation
    from mlfn_engine.images.values import ImagePlan
    from mlfn_engine.oci.layer_archive import LayerBlob


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
