"""Images on disk: read-only trees, each composed of the layers it shares with others."""

from __future__ import annotations

import asyncio
import json
import math
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.execution import trash
from mlfn_localstack.services.lambda_.execution.compose import Composition, share_by_hard_links, share_by_link
from mlfn_localstack.services.lambda_.execution.images import Image, ImageConfig
from mlfn_localstack.services.lambda_.execution.layers import Layers
from mlfn_localstack.services.lambda_.execution.runner import Mount
from mlfn_localstack.services.lambda_.execution.unpack import UnsafeLayerError, remove_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mlfn_localstack.services.lambda_.execution.compose import LayerTree, Share

_ENGINES_OWN = ("hostname", "hosts", "resolv.conf")
FRESH_S = 2.0
"""How long code that was just made ready waits for the version that is to have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageTree:
    """Where an image is, and what a root of its own would have to show of it."""

    root: Path
    mounts: tuple[Mount, ...] = ()
    whole: bool = False
    """Whether it is all of a root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hold:
    """Keeps a tree that no version has yet, and its layers, until a (monotonic) time."""

    layers: frozenset[str]
    until: float


class Trees:
    """The trees in `images/` and `layers/` of a state directory; `mounted` ones need a runner that mounts them."""

    def __init__(self, state_dir: Path, *, mounted: bool) -> None:
        self._root = state_dir / "images"
        self._blobs = state_dir / "blobs" / "sha256"
        self._layers = Layers(state_dir / "layers")
        self._enclosed = Layers(state_dir / "enclosed-layers", enclosed=True)
        self._mounted = mounted
        self._locks: dict[str, asyncio.Lock] = {}
        self._held: dict[str, _Hold] = {}

    async def of(self, image: Image) -> ImageTree:
        """Where an image is, composing it if need be.

        Raises:
            ServiceError: a layer is missing, broken, or would write outside its root.
        """
        lock = self._locks.setdefault(image.digest, asyncio.Lock())
        with self.held(_hex(image.digest), image.layers):
            async with lock:
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

    @contextmanager
    def held(self, name: str, layers: Iterable[str] = ()) -> Iterator[None]:
        """Keep a tree, and these layers, while they are being made and until a version can have them."""
        self._held[name] = _Hold(layers=frozenset(layers), until=math.inf)
        try:
            yield
        finally:
            self._held[name] = replace(self._held[name], until=time.monotonic() + FRESH_S)

    def keep_only(self, names: set[str]) -> set[str]:
        """Put all trees but these (digests without `sha256:`, `zip-…`) into the trash; gives what else is held."""
        now = time.monotonic()
        self._held = {name: hold for name, hold in self._held.items() if hold.until > now}
        wanted = names | set(self._held)
        trash.discard(self._root, lambda path: path.name.partition(".")[0] not in wanted)
        described = (self.kept(name) for name in wanted)
        layers = {layer for image in described if image is not None for layer in image.layers}
        layers.update(*(hold.layers for hold in self._held.values()))
        for each in (self._layers, self._enclosed):
            each.keep_only(layers)
        return wanted - names

    def forget_unfinished(self) -> None:
        """Put what an emulator before this one did not finish into the trash."""
        for directory in self._directories:
            trash.discard_unfinished(directory)

    def empty_trash(self) -> None:
        """Remove what is in the trash (blocking)."""
        for directory in self._directories:
            trash.empty(directory)

    @property
    def _directories(self) -> tuple[Path, ...]:
        return (self._root, self._layers.root, self._enclosed.root)

    def _tree(self, image: Image) -> ImageTree:
        if self._mounted and image.has_base:
            return ImageTree(root=self._composed(image, ".root", self._compose_whole), whole=True)
        if not self._mounted:
            return ImageTree(root=self._composed(image, "", self._compose_linked))
        target = self._composed(image, ".mounts", self._compose_mounted)
        shared = json.loads(target.with_name(f"{target.name}.json").read_bytes())
        others = tuple(Mount(source=Path(source), target=name) for source, name in shared)
        return ImageTree(root=target, mounts=(*_own_mounts(target, {mount.target for mount in others}), *others))

    def _composed(self, image: Image, suffix: str, compose: Callable[[Image, Path, Path], None]) -> Path:
        target = self._root / f"{_hex(image.digest)}{suffix}"
        if target.is_dir():
            return target
        self._root.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=trash.PARTIAL, dir=self._root))
        try:
            compose(image, partial, target)
            self._description(image.digest).write_text(json.dumps(asdict(image)))
            if not target.is_dir():  # a cancelled call's thread may have been here
                partial.rename(target)
        except UnsafeLayerError as error:
            raise errors.invalid_image(str(error)) from error
        finally:
            if partial.exists():
                remove_tree(partial)
        return target

    def _compose_linked(self, image: Image, partial: Path, _target: Path) -> None:
        layers = self._unpacked(image, self._layers)
        Composition(share=share_by_link, merged=_working_directories(image)).compose(layers, partial)

    def _compose_mounted(self, image: Image, partial: Path, target: Path) -> None:
        shared: list[tuple[str, str]] = []
        layers = self._unpacked(image, self._layers)
        Composition(share=_noting(partial, shared), merged=_working_directories(image)).compose(layers, partial)
        target.with_name(f"{target.name}.json").write_text(json.dumps(shared))

    def _compose_whole(self, image: Image, partial: Path, _target: Path) -> None:
        Composition(share=share_by_hard_links).compose(self._unpacked(image, self._enclosed), partial)
        _prepare_settings(partial / "etc")

    def _unpacked(self, image: Image, layers: Layers) -> list[LayerTree]:
        return [layers.unpacked(digest, self._blob) for digest in image.layers]

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


def _prepare_settings(etc: Path) -> None:
    """Have the files of an image's /etc that container engines put their own in the place of."""
    if etc.is_symlink() or not etc.is_dir():
        return
    etc.chmod(0o755)
    for name in _ENGINES_OWN:
        path = etc / name
        if path.is_symlink():
            path.unlink()
        if not path.exists():
            path.touch(0o644)
    etc.chmod(0o555)


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
