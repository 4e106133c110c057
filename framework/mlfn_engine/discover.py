"""Find what a project declares: import its modules and gather their marked functions into an app."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlfn.app import App
from mlfn.declare import mark_of
from mlfn.errors import DiscoveryError
from mlfn_engine.projects.importing import fresh_imports
from mlfn_engine.projects.marks import replaced
from mlfn_engine.projects.project import Project, check_name, find_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_HOW = 'Write app.py with a @model function, or name the modules in pyproject.toml: [tool.mlfn] modules = ["…"].'


def discover(start: Path, reference: str | None) -> App:
    """The app that `start`'s project declares, or the one `reference` names (`module`, `module:attribute`, a .py file).

    An exception inside the user's module passes through as it is.

    Raises:
        DiscoveryError: there is no such module or app, or more than one.
    """
    asked = _asked(start, reference)
    project = asked.project
    with fresh_imports(project.root):
        modules = [_import(name, asked) for name in project.modules]
        _refuse_replaced(modules)
        app = _attribute(modules[0], asked.attribute) if asked.attribute else _gather(modules, project)
    check_name(app.name, str(project.root))
    app.root = project.root
    if not app.models and not app.pipelines:
        raise DiscoveryError(f"{_places(project)} declares no model and no pipeline.", hint=_HOW)
    return app


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    project: Project
    attribute: str | None = None


def _asked(start: Path, reference: str | None) -> _Asked:
    project = find_project(start)
    if reference is None:
        return _Asked(project=project)
    if reference.endswith(".py"):
        return _Asked(project=_project_of_file(start / reference))
    module, colon, attribute = reference.partition(":")
    if not all(part.isidentifier() for part in module.split(".")) or (colon and not attribute.isidentifier()):
        raise DiscoveryError(
            f"{reference!r} names no app.",
            hint="Write module:attribute (app:app), a module, or the path of a .py file.",
        )
    return _Asked(project=replace(project, modules=(module,)), attribute=attribute or None)


def _project_of_file(path: Path) -> Project:
    path = path.resolve()
    if not path.is_file():
        raise DiscoveryError(f"There is no file {path}.", hint="Check the path, or leave it out to use app.py.")
    project = find_project(path.parent)
    parts = path.relative_to(project.root).with_suffix("").parts
    if not all(part.isidentifier() for part in parts):
        raise DiscoveryError(
            f"{path} cannot be imported: its path is no module name.",
            hint="Use letters, digits and '_' in the names of the file and its directories.",
        )
    return replace(project, modules=(".".join(parts),))


def _import(name: str, asked: _Asked) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # an import inside the user's module: theirs to see whole
        raise DiscoveryError(f"There is no module {name!r} in {asked.project.root}.", hint=_HOW) from error
    except SystemExit as error:
        said = f"exit code {error.code}" if isinstance(error.code, int | None) else error.code
        raise DiscoveryError(
            f"Module {name!r} ended the program while it was imported ({said}).",
            hint='Put what it does as a script below: if __name__ == "__main__":',
        ) from error


def _refuse_replaced(modules: list[ModuleType]) -> None:
    """Stop if a model would silently never be deployed, since another function took its name."""
    files = [Path(module.__file__) for module in modules if module.__file__ and module.__file__.endswith(".py")]
    told = [
        f"{file.name}:{line}: {name} takes the place of the one on line {first}, which would never be deployed."
        for file in files
        for name, first, line in replaced(file.read_bytes())
    ]
    if told:
        raise DiscoveryError("\n".join(told), hint="Give each function of a module a name of its own.")


def _attribute(module: ModuleType, name: str) -> App:
    app = getattr(module, name, None)
    if not isinstance(app, App):
        found = "has no attribute" if app is None else "does not hold an App at"
        raise DiscoveryError(
            f"Module {module.__name__!r} {found} {name!r}.",
            hint=f'Write {name} = App("name") there, or leave out ":{name}" to take what the module marks.',
        )
    return app


def _gather(modules: list[ModuleType], project: Project) -> App:
    app = _only_app(modules, project)
    if app is None:
        app = App(project.name)
    elif project.named and app.name != project.name:
        raise DiscoveryError(
            f"The app is called {app.name!r} in code and {project.name!r} in {project.root / 'pyproject.toml'}.",
            hint="Use one name, or remove app = … from [tool.mlfn].",
        )
    for module in modules:
        for value in _members(module):
            if mark_of(value) is not None and value.__module__ == module.__name__:
                app.add(value)
    return app


def _members(module: ModuleType) -> Iterator[Any]:
    """What a module holds, and what its own classes do: a method cannot be a model, which is told and not passed by."""
    for value in list(vars(module).values()):
        yield value
        if isinstance(value, type) and value.__module__ == module.__name__:
            yield from [getattr(each, "__func__", each) for each in vars(value).values()]


def _only_app(modules: list[ModuleType], project: Project) -> App | None:
    apps = {id(value): value for module in modules for value in vars(module).values() if isinstance(value, App)}
    if len(apps) > 1:
        names = ", ".join(sorted(repr(app.name) for app in apps.values()))
        raise DiscoveryError(
            f"{_places(project)} holds {len(apps)} apps: {names}.",
            hint="Name one as module:attribute, such as app:app.",
        )
    return next(iter(apps.values()), None)


def _places(project: Project) -> str:
    return f"{', '.join(project.modules)} in {project.root}"
