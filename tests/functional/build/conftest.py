"""A project on disk, and its functions as the resolver would give them."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlfn.runtime.calls import ROOM
from mlfn_engine.access import Access
from mlfn_engine.audit_policy import AuditPolicy
from mlfn_engine.drawings.drawing import Drawing
from mlfn_engine.values import (
    AppGraph,
    Function,
    IngressSource,
    Language,
    Location,
    ModelSource,
    ModelSpec,
    PipelineMode,
    PipelineSpec,
    Resources,
    Scaling,
    Travel,
)

PLACE = Location(file="app.py", line=1)
OBJECT = '{"type":"object"}'


class Project:
    """A project directory and an app in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, files: dict[str, str]) -> None:
        """Put text files into the project."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")

    def model(self, entrypoint: str, **fields: Any) -> Function:
        """A function that runs the handler at `module:function`."""
        module, _, name = entrypoint.partition(":")
        handler = getattr(self._imported(module), name)
        spec = {
            "name": name,
            "handler": handler,
            "entrypoint": entrypoint,
            "load": None,
            "language": Language.PYTHON,
            "requirements": (),
            "assets": (),
            "resources": Resources(),
            "scaling": Scaling(),
            "access": Access(),
            "audit": AuditPolicy(),
            "parameters": tuple(key for key in handler.__annotations__ if key != "return"),
            "input_schema": OBJECT,
            "output_schema": OBJECT,
            "description": "",
            "declared_at": PLACE,
            **fields,
        }
        model = ModelSpec(**spec)
        return _function(name, ModelSource(model=model), model.resources)

    def ingress(self, entrypoint: str, *, audit_shards: int = 1) -> Function:
        """The function in front of the pipeline at `module:function`."""
        module, _, name = entrypoint.partition(":")
        handler = getattr(self._imported(module), name)
        pipeline = PipelineSpec(
            drawing=Drawing(shapes=(), arrows=()),
            taken=Travel(room=ROOM),
            name=name,
            handler=handler,
            steps=(),
            mode=PipelineMode.SYNC,
            timeout_s=20,
            definition="{}",
            access=Access(),
            audit_shards=audit_shards,
            parameters=tuple(key for key in handler.__annotations__ if key != "return"),
            input_schema=OBJECT,
            output_schema=OBJECT,
            description="",
            declared_at=PLACE,
        )
        return _function("mlfn-ingress", IngressSource(pipelines=(pipeline,)), Resources())

    def graph(self, *functions: Function) -> AppGraph:
        """The app with these functions."""
        return AppGraph(
            app="reviews",
            stage="dev",
            root=self.root,
            functions=functions,
            state_machines=(),
            audit_table="mlfn-audit-dev",
            digest="0" * 64,
        )

    def _imported(self, module: str) -> Any:
        importlib.invalidate_caches()
        for name in [name for name in sys.modules if name.partition(".")[0] == module.partition(".")[0]]:
            del sys.modules[name]
        return importlib.import_module(module)


def _function(key: str, source: ModelSource | IngressSource, resources: Resources) -> Function:
    return Function(
        name=f"reviews-dev-{key}",
        key=key,
        logical_id="Logical",
        source=source,
        resources=resources,
        scaling=Scaling(),
    )


@pytest.fixture
def new_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Project]]:
    """Makes projects; their modules can be imported while the test runs."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)

    def make(files: dict[str, str], name: str = "project") -> Project:
        project = Project(tmp_path / name)
        project.root.mkdir()
        project.write(files)
        monkeypatch.syspath_prepend(project.root)
        return project

    yield make
    for module in set(sys.modules) - before:
        if (getattr(sys.modules[module], "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[module]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that the tests share, as builds do."""
    return tmp_path_factory.mktemp("cache")
