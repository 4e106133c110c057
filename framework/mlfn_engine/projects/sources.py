"""Which of a project's modules a function needs: what its entrypoint imports, read from the source, run nowhere.

A module belongs to a function when the entrypoint's module imports it, directly or through other modules of the
project: at the top, inside a function, relatively, or by a literal name given to `import_module`. Imports under
`if TYPE_CHECKING:` do not count. So a change to one model's module changes that model's image and no other's.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlfn.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportClosure:
    """What importing some modules reads."""

    files: tuple[Path, ...]
    """The project's own, sorted, relative to its root."""
    outside: frozenset[str]
    """Top-level names that are not the project's."""


def import_closure(root: Path, modules: Iterable[str]) -> ImportClosure:
    """What importing these modules of the project at `root` reads."""
    todo = [name for module in modules for name in _with_parents(module)]
    files: dict[str, Path | None] = {}
    while todo:
        name = todo.pop()
        if name in files or not _is_name(name):
            continue
        path = files[name] = module_file(root, name)
        if path is not None:
            todo += [parent for imported in _imports(root, name, path) for parent in _with_parents(imported)]
    own = {path for path in files.values() if path}
    outside = {name for name, path in files.items() if path is None and "." not in name and not (root / name).is_dir()}
    return ImportClosure(files=tuple(sorted(own)), outside=frozenset(outside))


def module_name(path: Path) -> str:
    """The name by which a file below the root is imported."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def module_file(root: Path, name: str) -> Path | None:
    """The file of a module, relative to `root`; None if it is not the project's own."""
    stem = Path(*name.split("."))
    for candidate in (stem / "__init__.py", stem.with_name(stem.name + ".py")):
        if (root / candidate).is_file():
            return candidate
    return None


def _is_name(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))


def _with_parents(name: str) -> Iterator[str]:
    """Importing `a.b.c` imports `a` and `a.b` as well."""
    parts = name.split(".")
    return (".".join(parts[: count + 1]) for count in range(len(parts)))


def _imports(root: Path, name: str, path: Path) -> Iterator[str]:
    try:
        tree = ast.parse((root / path).read_bytes(), filename=str(path))
    except (SyntaxError, ValueError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) else ""
        raise BuildError(f"{path}{line} is not valid Python: {error}.", hint="Mend that line.") from error
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in _runtime_nodes(tree):
        yield from _imported_names(node, package)


def _runtime_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but the bodies of `if TYPE_CHECKING:`."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            todo += node.orelse
        else:
            todo += ast.iter_child_nodes(node)


def _imported_names(node: ast.AST, package: str) -> Iterator[str]:
    """Every dotted name that may be a module; what is not one has no file."""
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            base = _resolved(module or "", level, package)
            yield base
            yield from (f"{base}.{alias.name}" for alias in names)
        case ast.Call(func=ast.Name(id="import_module" | "__import__"), args=[ast.Constant(value=str(name)), *_]):
            yield name
        case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(name)), *_]):
            yield name
        case _:
            return


def _resolved(module: str, level: int, package: str) -> str:
    if level == 0:
        return module
    parts = package.split(".")
    if level > len(parts):
        return ""  # beyond the top: Python refuses it when it runs
    return ".".join([*parts[: len(parts) - level + 1], *([module] if module else [])])
