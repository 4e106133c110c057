"""Layers of images, unpacked once per digest into read-only trees that all images share."""

from __future__ import annotations

import json
import tempfile
import threading
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_.execution import trash
from mlfn_localstack.services.lambda_.execution.compose import LayerTree
from mlfn_localstack.services.lambda_.execution.unpack import make_read_only, remove_tree, unpack_layer

if TYPE_CHECKING:
    from collections.abc import Callable


class Layers:
    """The trees below `root`, each with a note of what in it must not be shared.

    Those that are `enclosed` become part of whole roots alone, and may have links to anywhere.
    """

    def __init__(self, root: Path, *, enclosed: bool = False) -> None:
        self.root = root
        self._enclosed = enclosed
        self._locks: dict[str, threading.Lock] = {}

    def unpacked(self, digest: str, blob: Callable[[str], Path]) -> LayerTree:
        """A layer's tree, unpacking it if need be (blocking).

        Raises:
            UnsafeLayerError: it is broken, or would write outside its root.
        """
        name = digest.removeprefix("sha256:")
        target, note = self.root / name, self.root / f"{name}.json"
        with self._locks.setdefault(name, threading.Lock()):
            if not target.is_dir():
                self._unpack(blob(digest), target, note)
        open_directories = frozenset(map(PurePosixPath, json.loads(note.read_bytes())))
        return LayerTree(root=target, open_directories=open_directories)

    def keep_only(self, digests: set[str]) -> None:
        """Put every layer but these into the trash."""
        trash.discard(self.root, lambda path: f"sha256:{path.name.removesuffix('.json')}" not in digests)

    def _unpack(self, blob: Path, target: Path, note: Path) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=trash.PARTIAL, dir=self.root))
        try:
            open_directories = unpack_layer(blob, partial, enclosed=self._enclosed)
            make_read_only(partial)
            note.write_text(json.dumps(sorted(map(str, open_directories))))
            partial.rename(target)
        finally:
            if partial.exists():
                remove_tree(partial)
