"""Which modules a model needs."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from mlfn.errors import BuildError
from mlfn_engine.projects.sources import import_closure

if TYPE_CHECKING:
    from pathlib import Path


def write(root: Path, files: dict[str, str]) -> None:
    """Put files below a directory."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")


def closure(root: Path, *modules: str) -> list[str]:
    """The files that these modules need."""
    return [str(path) for path in import_closure(root, modules).files]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param("import words", ["words.py"], id="import"),
        pytest.param("import package.inner", ["package/__init__.py", "package/inner.py"], id="dotted"),
        pytest.param("from package import inner", ["package/__init__.py", "package/inner.py"], id="from"),
        pytest.param("from words import clean as c", ["words.py"], id="name"),
        pytest.param("def f():\n    import words", ["words.py"], id="inside-a-function"),
        pytest.param("import importlib\nimportlib.import_module('words')", ["words.py"], id="by-literal-name"),
        pytest.param("from spaced.deep import thing", ["spaced/deep/thing.py"], id="without-init"),
        pytest.param(
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import words\nelse:\n    import package",
            ["package/__init__.py"],
            id="type-checking",
        ),
        pytest.param("import json, numpy", [], id="not-ours"),
    ],
)
def test_an_imported_module_of_the_project_belongs_to_the_model(
    tmp_path: Path, statement: str, expected: list[str]
) -> None:
    write(tmp_path, {"words.py": "", "package/__init__.py": "", "package/inner.py": "", "spaced/deep/thing.py": ""})
    write(tmp_path, {"model.py": statement})

    assert sorted(closure(tmp_path, "model")) == sorted([*expected, "model.py"])


def test_relative_imports_are_followed_from_where_they_stand(tmp_path: Path) -> None:
    write(tmp_path, {"a/__init__.py": "from . import b", "a/b.py": "from .c.d import x", "a/c/__init__.py": ""})
    write(tmp_path, {"a/c/d.py": "from ...top import y\nfrom ..e import z", "a/e.py": "", "top.py": ""})

    assert closure(tmp_path, "a.b") == ["a/__init__.py", "a/b.py", "a/c/__init__.py", "a/c/d.py", "a/e.py"]


def test_modules_that_import_each_other_are_each_taken_once(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "import b", "b.py": "import a"})

    assert closure(tmp_path, "a") == ["a.py", "b.py"]


def test_what_is_not_the_projects_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "import numpy.linalg\nfrom pydantic import BaseModel\nimport b", "b.py": ""})

    assert import_closure(tmp_path, ["a"]).outside == {"numpy", "pydantic"}


def test_a_module_with_a_syntax_error_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "import b", "b.py": "x = 1\ndef"})

    with pytest.raises(BuildError, match=r"b\.py:2 is not valid Python"):
        closure(tmp_path, "a")
