"""Empty images: nothing but a root's symbolic links, and everything else is mounted on them."""

from __future__ import annotations

import hashlib
import io
import threading
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_.execution.container_engine import Engine, EngineError

if TYPE_CHECKING:
    from mlfn_localstack.services.lambda_.execution.root_view import RootView

_REPOSITORY = "localhost/mlfn-localstack-root"


class EmptyImages:
    """The empty images that an engine has, each made when it is first wanted."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: set[str] = set()
        self._lock = threading.Lock()

    @staticmethod
    def name(view: RootView) -> str:
        """What the one for a root is called."""
        links = "\n".join(f"{path} {target}" for path, target in sorted(view.links))
        return f"{_REPOSITORY}:{hashlib.sha256(links.encode()).hexdigest()[:16]}"

    def have(self, view: RootView) -> str:
        """The name of the one for a root, which the engine then has (blocking).

        Raises:
            EngineError: it does not take it.
        """
        name = self.name(view)
        with self._lock:
            if name not in self._known:
                try:
                    self._engine.run("image", "inspect", "--format={{.Id}}", name)
                except EngineError:
                    self._engine.run("import", "-", name, stdin=_archive(view))
                self._known.add(name)
        return name


def _archive(view: RootView) -> bytes:
    import tarfile  # noqa: PLC0415 - for containers alone

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, target in (*sorted(view.links), ("/tmp", "")):  # noqa: S108 - the container's own
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.type = tarfile.SYMTYPE if target else tarfile.DIRTYPE
            entry.linkname, entry.mode = target, 0o1777  # an engine gives its own /tmp the mode of this one
            archive.addfile(entry)
    return buffer.getvalue()
