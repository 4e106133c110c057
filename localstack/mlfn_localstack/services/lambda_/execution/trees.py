"""Images on disk: read-only trees, each composed of the layers it shares with others."""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.execution.compose import Composition, share_by_link
from mlfn_localstack.services.lambda_.execution.images import Image, ImageConfig
from mlfn_localstack.services.lambda_.execution.layers import Layers
from mlfn_localstack.services.lambda_.execution.runner import Mount
from mlfn_localstack.services.lambda_.execution.unpack import UnsafeLayerError, remove_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlfn_localstack.services.lambda_.execution.compose import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageTree:
    """Where an image is, and what a root of its own would have to show of it."""

    root: Path
    mounts: tuple[Mount, ...] = ()


class Trees:
    """The trees in `images/` and `layers/` of a state directory; `mounted` ones need a runner that mounts them."""

    def __init__(self, state_dir: Path, *, mounted: bool) -> None:
        self._root = state_dir / "images"
        self._blobs = state_dir / "blobs" / "sha256"
        self._layers = Layers(state_dir / "layers")
        self._mounted = mounted
        self._locks: dict[str, asyncio.Lock] = {}

    async def of(self, image: Image) -> ImageTree:
        """Where an image is, composing it if need be.

        Raises:
            ServiceError: a layer is missing, broken, or would write outside its root.
        """
        async with self._locks.setdefault(image.digest, asyncio.Lock()):
            return await asyncio.to_thread(self._tree, image)

    def kept(self, digest: str) -> Image | None:
        """An image that is here already, whatever has become of it in the registry since."""
        try:
            document = json.loads(self._description(digest).read_bytes())
        except FileNotFoundError:
            return None
        config = ImageConfig(
            **{**document["config"], **{name: tuple(document["config"][name]) for name in ("entrypoint", "command")}}
        )
        return Image(digest=digest, config=config, layers=tuple(document["layers"]))

    def keep_only(self, digests: Iterable[str]) -> None:
        """Remove every image but these (`sha256:…`, `zip-…`), and the layers that none of them has (blocking)."""
        wanted = {digest.removeprefix("sha256:") for digest in digests}
        for path in self._root.iterdir() if self._root.is_dir() else ():
            if path.name.partition(".")[0] not in wanted:
                _remove(path)
        images = (self.kept(digest) for digest in wanted)
        self._layers.keep_only({layer for image in images if image is not None for layer in image.layers})

    def _tree(self, image: Image) -> ImageTree:
        target = self._root / f"{_hex(image.digest)}{'.mounts' if self._mounted else ''}"
        if not target.is_dir():
            self._compose(image, target)
        if not self._mounted:
            return ImageTree(root=target)
        shared = json.loads(target.with_name(f"{target.name}.json").read_bytes())
        others = tuple(Mount(source=Path(source), target=name) for source, name in shared)
        return ImageTree(root=target, mounts=(*_own_mounts(target, {mount.target for mount in others}), *others))

    def _compose(self, image: Image, target: Path) -> None:
        self._root.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=self._root))
        shared: list[tuple[str, str]] = []
        try:
            layers = [self._layers.unpacked(digest, self._blob(digest)) for digest in image.layers]
            share = _noting(partial, shared) if self._mounted else share_by_link
            Composition(share=share, merged=_working_directories(image)).compose(layers, partial)
            self._description(image.digest).write_text(json.dumps(asdict(image)))
            if self._mounted:
                target.with_name(f"{target.name}.json").write_text(json.dumps(shared))
            partial.rename(target)
        except UnsafeLayerError as error:
            raise errors.invalid_image(str(error)) from error
        finally:
            if partial.exists():
                remove_tree(partial)

    def _description(self, digest: str) -> Path:
        return self._root / f"{_hex(digest)}.json"

    def _blob(self, digest: str) -> Path:
        path = self._blobs / _hex(digest)
        if not path.is_file():
            raise errors.invalid_image(f"blob {digest} is not in the registry.")
        return path


def _noting(root: Path, shared: list[tuple[str, str]]) -> Share:
    """Leaves an empty directory to mount on, and notes what belongs there."""

    def share(source: Path, target: Path) -> None:
        target.mkdir(mode=0o555)
        shared.append((str(source), f"/{target.relative_to(root)}"))

    return share


def _working_directories(image: Image) -> frozenset[PurePosixPath]:
    """Where code runs: `getcwd` gives a directory's real path, which is to be the image's and not a layer's."""
    paths = [PurePosixPath(path.lstrip("/")) for path in ("/var/task", image.config.working_dir)]
    return frozenset(around for path in paths for around in (path, *path.parents))


def _own_mounts(root: Path, others: set[str]) -> Iterator[Mount]:
    """What a tree has itself, two levels deep: above that, a root may have things of its own beside it."""
    for top in sorted(root.iterdir()):
        for path in sorted(top.iterdir()) if top.is_dir() else (top,):
            name = f"/{path.relative_to(root)}"
            if name not in others:
                yield Mount(source=path, target=name)


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:")


def _remove(path: Path) -> None:
    if path.is_dir():
        remove_tree(path)
    else:
        path.unlink(missing_ok=True)
