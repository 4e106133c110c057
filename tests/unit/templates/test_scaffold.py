"""What `mlfn init` writes."""

from __future__ import annotations

import ast
import tomllib

import pytest

from mlfn.errors import RenderError
from mlfn_templates.scaffold import scaffold


def test_a_project_has_an_app_its_requirements_a_test_and_a_readme() -> None:
    paths = [path for path, _ in scaffold("reviews")]

    assert {"pyproject.toml", "app.py", "requirements.txt", "tests/test_app.py", "README.md"} <= set(paths)


def test_the_project_carries_the_apps_name() -> None:
    project = tomllib.loads(dict(scaffold("reviews"))["pyproject.toml"])

    assert project["tool"]["mlfn"]["app"] == "reviews"


@pytest.mark.parametrize("path", ["app.py", "tests/test_app.py"])
def test_python_files_are_python(path: str) -> None:
    ast.parse(dict(scaffold("reviews"))[path])


@pytest.mark.parametrize("name", ["", "Reviews", "a b", "x" * 32, "../etc", "a\n"])
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(RenderError, match="cannot be an app's name"):
        scaffold(name)
