"""pydantic-core without pydantic: the extension module alone, and schemas that were built with the image."""

from __future__ import annotations

import sys
from _frozen_importlib import ModuleSpec, module_from_spec
from _frozen_importlib_external import ExtensionFileLoader
from _imp import extension_suffixes
from os import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

MODULE = "pydantic_core._pydantic_core"
REFERENCE = "$mlfn"


def extension() -> ModuleType | None:
    """The extension module of pydantic-core, or None if there is none on the path.

    Its package's `__init__` is not run (its TypedDicts cost 15 ms). The module stays in `sys.modules`, where a later
    `import pydantic` finds it: a Rust extension cannot be initialised twice.
    """
    if (loaded := sys.modules.get(MODULE)) is not None:
        return loaded
    path = _path()
    if path is None:
        return None
    spec = ModuleSpec(MODULE, ExtensionFileLoader(MODULE, path), origin=path)
    spec.has_location = True
    module = module_from_spec(spec)
    sys.modules[MODULE] = module
    try:
        spec.loader.exec_module(module)  # type: ignore[union-attr]  # it was given a loader above
    except BaseException:
        del sys.modules[MODULE]
        raise
    return module


def schema_of(value: Any) -> Any:
    """A core schema from its JSON, with the classes and functions it names."""
    if isinstance(value, dict):
        if len(value) == 1 and REFERENCE in value:
            return resolve(value[REFERENCE])
        return {key: schema_of(item) for key, item in value.items()}
    return [schema_of(item) for item in value] if isinstance(value, list) else value


def resolve(reference: str) -> Any:
    """What `module:qualname` names."""
    module, _, qualname = reference.partition(":")
    __import__(module)
    found: Any = sys.modules[module]
    for name in qualname.split("."):
        found = getattr(found, name)
    return found


def _path() -> str | None:
    for entry in sys.path:
        for suffix in extension_suffixes():
            path = f"{entry or '.'}/pydantic_core/_pydantic_core{suffix}"
            try:
                stat(path)  # noqa: PTH116 - pathlib costs a cold start 10 ms
            except OSError:
                continue
            return path
    return None
