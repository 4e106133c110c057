"""Zip archives for Lambda from the layers that images are made of: the same bytes from the same plan."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import stat
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlfn.errors import BuildError
from mlfn_engine.builders.image_layout import check_unchanged, packed_layers
from mlfn_engine.builders.layer_cache import LayerCache
from mlfn_engine.cache import alone, unwritable, write, written
from mlfn_engine.canonical import canonical, digest
from mlfn_engine.images.archive_layout import BOOTSTRAP, START, bootstrap_script, entry_name, start_script
from mlfn_engine.images.values import ImageArtifact
from mlfn_engine.linting.image import unpacked_size
from mlfn_engine.oci.layer_entries import layer_entries
from mlfn_engine.oci.packing import COMPRESSOR, LEVEL, source_date_epoch
from mlfn_engine.values import Base, PackageType

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from mlfn_engine.images.values import ImagePlan
    from mlfn_engine.reporting import Reporter

FORMAT = 2
"""Counts up whenever the same layers begin to give another archive."""
UNZIPPED_LIMIT = 262_144_000
"""250 MB (AWS Lambda quotas)."""
COPY_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A file on its way into the archive."""

    name: str
    mode: int
    content: IO[bytes]


def build_zip(plan: ImagePlan, cache: Path, reporter: Reporter) -> ImageArtifact:
    """The archive of a plan, from the cache where it has been built before.

    Raises:
        BuildError: it is larger than Lambda takes, a file changed meanwhile, or the disk is full.
        DependencyError: a requirement cannot be installed.
    """
    location = zip_location(plan, cache)
    found = zip_in(location, plan.function, plan.digest)
    if found is None:
        with alone(location.with_suffix(".lock")):
            found = zip_in(location, plan.function, plan.digest) or _make(plan, cache, location, reporter)
    reporter.report(plan.function, f"archive {found.version} is ready")
    return found


def zip_location(plan: ImagePlan, cache: Path) -> Path:
    """Where the archive of a plan is, or would be."""
    return cache / "zips" / f"{digest([plan.digest, COMPRESSOR, source_date_epoch(), FORMAT])}.zip"


def zip_in(location: Path, function: str, plan_digest: str) -> ImageArtifact | None:
    """The archive that has been built there, if it is whole."""
    facts = location.with_suffix(".json")
    if not facts.is_file() or not location.is_file():
        return None
    known = json.loads(facts.read_bytes())
    if location.stat().st_size != known["size"]:
        return None
    return ImageArtifact(
        function=function,
        plan_digest=plan_digest,
        version=plan_digest[:12],
        digest=known["digest"],
        size_bytes=known["size"],
        location=location,
        package=PackageType.ZIP,
    )


def unzipped_bytes(plan: ImagePlan, cache: Path) -> int | None:
    """What the plan's own layers unpack to, its base not counted; None while one of them has not been built."""
    layers = LayerCache(cache)
    blobs = [layers.known(layer, plan.platform) for layer in plan.layers]
    if any(blob is None for blob in blobs):
        return None
    return sum(unpacked_size(layers.blob_path(blob.digest), cache, own=True) for blob in blobs if blob)


def _make(plan: ImagePlan, cache: Path, location: Path, reporter: Reporter) -> ImageArtifact:
    check_unchanged(plan, cache)
    blobs = packed_layers(plan, cache, reporter)
    total = unzipped_bytes(plan, cache) or 0
    if total > UNZIPPED_LIMIT:
        raise _too_large(plan, total, cache)
    reporter.report(plan.function, "packing the archive")
    layers = LayerCache(cache)
    try:
        location.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=location.parent, prefix=".new-") as directory:
            made = Path(directory, "package.zip")
            with written(made) as target:
                _pack(plan, [layers.blob_path(blob.digest) for blob in blobs], target)
            facts = {"digest": _digest(made), "size": made.stat().st_size}
            made.replace(location)
    except OSError as error:
        raise unwritable(location, error) from error
    write(location.with_suffix(".json"), canonical(facts).encode())
    found = zip_in(location, plan.function, plan.digest)
    if found is None:
        raise BuildError(f"The archive of {plan.function!r} left the build cache at once.", hint="Build again.")
    return found


def _pack(plan: ImagePlan, blobs: list[Path], target: IO[bytes]) -> None:
    moment = time.gmtime(source_date_epoch())[:6]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for entry in _entries(plan, blobs):
            info = zipfile.ZipInfo(entry.name, max(moment, (1980, 1, 1, 0, 0, 0)))
            info.create_system = 3  # Unix: the mode counts
            info.external_attr = (stat.S_IFREG | entry.mode) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w") as file:
                shutil.copyfileobj(entry.content, file, COPY_BLOCK)


def _entries(plan: ImagePlan, blobs: list[Path]) -> Iterator[_Entry]:
    yield _Entry(name=START, mode=0o755, content=io.BytesIO(start_script(plan).encode()))
    if plan.platform.base is Base.HOST:
        yield _Entry(name=BOOTSTRAP, mode=0o755, content=io.BytesIO(bootstrap_script(plan).encode()))
    for blob in blobs:
        with layer_entries(blob, f"the archive of {plan.function!r}") as members:
            for member, archive in members:
                if member.isreg() and (content := archive.extractfile(member)):
                    yield _Entry(name=entry_name(member.name), mode=member.mode, content=content)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _too_large(plan: ImagePlan, total: int, cache: Path) -> BuildError:
    from mlfn_engine.builders.sizes import image_parts, largest  # noqa: PLC0415  for archives that are too large

    return BuildError(
        f"The archive of {plan.function!r} unpacks to {total / 1e6:,.0f} MB; Lambda takes {UNZIPPED_LIMIT / 1e6:,.0f}.",
        hint=f'Write package="image", which may have 10 GB, or leave out what the model does not import: the largest '
        f"parts are {largest(image_parts(plan, cache))}.",
    )
