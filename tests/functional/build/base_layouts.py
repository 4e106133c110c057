"""Small base images: an interpreter's name, a C library, some modules."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path, PurePosixPath
from typing import Any

from tests.functional.build.elf_files import elf

OLD_ENOUGH = elf(defines=("GLIBC_2.17", "GLIBC_2.36", "GLIBC_PRIVATE"))
FILES = {
    "usr/bin/python3.11": b"#!",
    "lib/x86_64-linux-gnu/libc.so.6": OLD_ENOUGH,
    "usr/lib/python3.11/json.py": b"x = 1\n",
    "usr/lib/python3.11/test/big.py": b"x = 1\n",
}
Blob = tuple[str, bytes]


def layer(files: dict[str, bytes], *, modes: dict[str, int] | None = None) -> bytes:
    """A gzipped tar."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), (modes or {}).get(name, 0o644)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)


def digest(content: bytes) -> str:
    """A blob's name."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def described(media_type: str, content: bytes, **more: Any) -> dict[str, Any]:
    """A descriptor."""
    return {"mediaType": media_type, "digest": digest(content), "size": len(content), **more}


def base_blobs(
    *layers: bytes,
    architecture: str = "amd64",
    layer_type: str = "application/vnd.oci.image.layer.v1.tar+gzip",
    **config: Any,
) -> list[Blob]:
    """The blobs of an image, its manifest last."""
    own = {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"], "Labels": {"base": "yes"}, "User": "1000"}
    diffs = [digest(gzip.decompress(each)) for each in layers]
    document = {"os": "linux", "architecture": architecture, "config": own | config}
    settings = json.dumps(document | {"rootfs": {"type": "layers", "diff_ids": diffs}}).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": described("application/vnd.oci.image.config.v1+json", settings),
        "layers": [described(layer_type, each) for each in layers],
    }
    return [(digest(each), each) for each in (*layers, settings, json.dumps(manifest).encode())]


def index_of(*images: tuple[list[Blob], dict[str, str] | None]) -> bytes:
    """An index of images and the platforms it gives them."""
    entries = [
        described("application/vnd.oci.image.manifest.v1+json", blobs[-1][1], **({"platform": each} if each else {}))
        for blobs, each in images
    ]
    return json.dumps({"schemaVersion": 2, "manifests": entries}).encode()


def lay_out(directory: Path, *images: tuple[list[Blob], dict[str, str] | None]) -> Path:
    """An OCI layout on the disk."""
    blobs = directory / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for each, _ in images:
        for name, content in each:
            (blobs / name.removeprefix("sha256:")).write_bytes(content)
    (directory / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (directory / "index.json").write_bytes(index_of(*images))
    return directory


def small_base(directory: Path, files: dict[str, bytes] | None = None) -> Path:
    """A base that functions can stand on."""
    return lay_out(directory, (base_blobs(layer(files or FILES)), None))


def usable_base(directory: Path) -> Path:
    """A small base with which the linter finds nothing wrong: directories come before their files, programs may run."""
    parents = {str(parent) for name in FILES for parent in PurePosixPath(name).parents} - {"."}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in sorted({*parents, *FILES}):
            member = tarfile.TarInfo(name)
            member.mode = 0o755
            if name in parents:
                member.type = tarfile.DIRTYPE
            member.size = len(FILES.get(name, b""))
            archive.addfile(member, io.BytesIO(FILES.get(name, b"")))
    return lay_out(directory, (base_blobs(gzip.compress(buffer.getvalue(), mtime=0)), None))
