"""Import a library's slow module when something of it is used, not because another library imports it.

`import scipy.stats` is half of a scikit-learn model's start, and most models predict without it. The module that
stands in for it holds functions of the names in the manifest, which other libraries import from it by name; whatever
else is asked of it, and a call of one of these, imports the real one into the same module.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

_lock = RLock()
_Module = type(sys)


class LazyModule(_Module):  # type: ignore[valid-type,misc]  # types.ModuleType, without an import of types
    """A module that is imported when it is used."""

    def __getattr__(self, name: str) -> Any:
        if name == "__path__":  # a package has it from the beginning; `from module import name` asks every module
            raise AttributeError(f"module {self.__name__!r} has no attribute '__path__'")
        return getattr(loaded(self, name), name)

    def __dir__(self) -> Iterable[str]:
        return dir(loaded(self, "__dir__"))


def loaded(module: Any, wanted: str) -> Any:
    """The module, imported now if it is not yet.

    Raises:
        AttributeError: it is being imported, and has not come to `wanted`.
    """
    with _lock:
        if type(module) is LazyModule:
            loader = module.__loader__
            if loader.is_loading:
                raise AttributeError(f"partially initialized module {module.__name__!r} has no attribute {wanted!r}")
            loader.load(module)
    return module


class LazyLoader:
    """Makes the stand-in, and the real module of it."""

    def __init__(self, real: Any, functions: Iterable[str]) -> None:
        self._real = real
        self._functions = tuple(functions)
        self.is_loading = False

    def create_module(self, spec: ModuleSpec) -> None:
        """Python's own kind of module, until the import system has said all of it."""

    def exec_module(self, module: Any) -> None:
        """Make a stand-in of it."""
        module.__class__ = LazyModule
        for name in self._functions:
            vars(module)[name] = _function(module, name)

    def load(self, module: Any) -> None:
        """Run the real module's code in it."""
        self.is_loading = True
        for name in self._functions:
            vars(module).pop(name, None)
        try:
            self._real.exec_module(module)
        except BaseException:
            sys.modules.pop(module.__name__, None)
            raise
        finally:
            self.is_loading = False
        module.__loader__ = module.__spec__.loader = self._real
        module.__class__ = _Module


class LazyFinder:
    """Finds the modules that are to wait, and has them imported before a module inside one of them is."""

    def __init__(self, modules: Mapping[str, Iterable[str]]) -> None:
        self._modules = modules

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any | None = None) -> ModuleSpec | None:
        """What Python asks of every finder."""
        if name in self._modules:
            spec = PathFinder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = LazyLoader(spec.loader, self._modules[name])  # type: ignore[assignment]  # has the methods
            return spec
        above = sys.modules.get(name.rpartition(".")[0])
        # who imports holds a lock on the name: to wait here for a thread that comes to it would be for ever
        if type(above) is not LazyModule or not _lock.acquire(blocking=False):
            return None
        try:
            if not above.__loader__.is_loading:
                loaded(above, name)
            found = sys.modules.get(name)
        finally:
            _lock.release()
        return _present(found, name) if found is not None else None


class _Present:
    """Hands out a module that has been imported meanwhile, as it was."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> Any:
        return self._module

    def exec_module(self, module: Any) -> None:
        """Nothing: it has run."""
        module.__spec__ = self._spec


def _present(module: Any, name: str) -> ModuleSpec:
    spec = ModuleSpec(name, _Present(module))  # type: ignore[arg-type]  # has the methods
    module.__spec__ = None  # else Python takes that one instead of ours, and runs the module again
    return spec


def defer(modules: Mapping[str, Iterable[str]]) -> None:
    """From now on, import these modules when they are used; by name, the functions that stand in for their own."""
    sys.meta_path.insert(0, LazyFinder(modules))


def _function(module: Any, name: str) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        return getattr(loaded(module, name), name)(*arguments, **options)

    call.__name__ = call.__qualname__ = name
    call.__module__ = module.__name__
    return call
