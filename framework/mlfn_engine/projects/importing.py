"""Import a project's modules afresh, so that each discovery sees the code as it is now and no other project's."""

from __future__ import annotations

import importlib
import sys
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import CodeType, ModuleType

_INSTALLED = frozenset({".venv", "site-packages"})
_MARK = "__mlfn_project__"


@contextmanager
def fresh_imports(root: Path) -> Iterator[None]:
    """Inside, imports look into `root` first; modules of any project imported so before are forgotten."""
    forget_projects()
    shadowed = _set_aside(root)
    finder = _ProjectFinder(root)
    sys.path.insert(0, str(root))
    sys.meta_path.insert(0, finder)
    importlib.invalidate_caches()
    try:
        yield
    except BaseException:
        forget_projects()
        raise
    finally:
        sys.meta_path.remove(finder)
        sys.path.remove(str(root))
        for name, module in shadowed.items():
            sys.modules.setdefault(name, module)


def forget_projects() -> None:
    """Drop every project module from `sys.modules`; functions that are in hand go on working."""
    for name, module in list(sys.modules.items()):
        if hasattr(module, _MARK):
            del sys.modules[name]


def _set_aside(root: Path) -> dict[str, ModuleType]:
    """Modules from elsewhere that bear the name of one of the project's, taken out for the time of its imports."""
    own = {path.stem for path in root.glob("*.py")} | {path.parent.name for path in root.glob("*/__init__.py")}
    names = [name for name in sys.modules if name.partition(".")[0] in own - sys.stdlib_module_names]
    return {name: sys.modules.pop(name) for name in names if not name.startswith(("__main__", "mlfn"))}


class _FreshLoader(SourceFileLoader):
    """Compiles from source always: a .pyc is matched by second and size, too coarse for a save-and-reload loop."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)

    def exec_module(self, module: ModuleType) -> None:
        setattr(module, _MARK, True)
        super().exec_module(module)


class _ProjectFinder:
    """Finds modules as Python does, and has those of the project loaded afresh."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or type(spec.loader) is not SourceFileLoader or not self._owns(spec.loader.path):
            return None
        spec.loader = _FreshLoader(spec.loader.name, spec.loader.path)
        spec.cached = None
        return spec

    def _owns(self, path: str) -> bool:
        file = Path(path)
        return file.is_relative_to(self._root) and not _INSTALLED & set(file.relative_to(self._root).parts)
