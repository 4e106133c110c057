"""Find what a project declares, again and again in one process."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mlfn.errors import DeclarationError, DiscoveryError
from mlfn_engine.discover import discover
from mlfn_engine.projects.project import valid_name
from mlfn_engine.resolve import resolve_app

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn import App

MODEL = "from mlfn import model\n\n@model\ndef rate(text: str) -> float:\n    return 1.0\n"


def project(root: Path, files: Mapping[str, str]) -> Path:
    """A directory that holds these files."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def model_names(app: App) -> list[str]:
    return [each.__name__ for each in app.models]


def test_app_py_is_the_default(tmp_path: Path) -> None:
    root = project(tmp_path / "My Reviews_2", {"app.py": MODEL})

    app = discover(root, None)

    assert (app.name, app.root, model_names(app)) == ("my-reviews-2", root, ["rate"])


def test_pyproject_names_the_app_and_its_modules(tmp_path: Path) -> None:
    configured = '[tool.mlfn]\napp = "reviews"\nmodules = ["models.mood", "chains"]\n'
    chains = (
        "from mlfn import pipeline\nfrom models.mood import rate\n\n"
        "@pipeline\ndef judge(text: str) -> float:\n    return rate(text)\n"
    )
    files = {"pyproject.toml": configured, "models/__init__.py": "", "models/mood.py": MODEL, "chains.py": chains}
    root = project(tmp_path, files)

    app = discover(root / "models", None)

    assert (app.name, app.root, model_names(app)) == ("reviews", root, ["rate"])
    assert [each.__name__ for each in app.pipelines] == ["judge"]


def test_a_pyproject_without_mlfn_is_passed_by(tmp_path: Path) -> None:
    files = {"pyproject.toml": "[tool.mlfn]\n", "part/pyproject.toml": "[project]\n", "app.py": MODEL}
    root = project(tmp_path, files)

    assert discover(root / "part", None).root == root


def test_a_marked_function_that_is_only_imported_is_not_declared(tmp_path: Path) -> None:
    app_py = MODEL.replace("rate", "judge") + "from other import rate\n"
    root = project(tmp_path, {"app.py": app_py, "other.py": MODEL})

    assert model_names(discover(root, None)) == ["judge"]


def test_a_model_that_another_function_takes_the_place_of_is_told(tmp_path: Path) -> None:
    root = project(tmp_path, {"app.py": f"{MODEL}\n\n{MODEL}"})

    with pytest.raises(DiscoveryError, match=r"app.py:\d+: rate takes the place of the one on line \d, which would"):
        discover(root, None)


def test_a_marked_method_is_no_model_and_is_not_passed_by(tmp_path: Path) -> None:
    method = "\n\nclass Rater:\n    @model\n    def better(self, text: str) -> float:\n        return 2.0\n"
    root = project(tmp_path, {"app.py": MODEL + method})

    with pytest.raises(DeclarationError, match="Model 'better' is not a function at module level") as caught:
        resolve_app(discover(root, None))

    assert "load= names" in caught.value.message


def test_a_method_is_not_asked_for_a_type_of_itself(tmp_path: Path) -> None:
    method = "\n\nclass Rater:\n    @model\n    def better(self, text: str) -> float:\n        return 2.0\n"
    root = project(tmp_path, {"app.py": MODEL + method})

    with pytest.raises(DeclarationError) as caught:
        resolve_app(discover(root, None))

    assert "'self'" not in caught.value.message


def test_an_app_object_is_taken_with_the_functions_beside_it(tmp_path: Path) -> None:
    app_py = f"{MODEL}from mlfn import App\n\nmine = App('mine')\n\n@mine.model\ndef grouped(text: str) -> str: ...\n"
    root = project(tmp_path, {"app.py": app_py})

    app = discover(root, None)

    assert (app.name, sorted(model_names(app))) == ("mine", ["grouped", "rate"])


def test_a_reference_names_the_attribute(tmp_path: Path) -> None:
    two = "from mlfn import App\n\none, two = App('one'), App('two')\n\n@two.model\ndef rate(text: str) -> str: ...\n"
    root = project(tmp_path, {"apps.py": two})

    assert discover(root, "apps:two").name == "two"


@pytest.mark.parametrize("reference", ["other", "other.py", "./other.py"])
def test_a_reference_names_the_module(tmp_path: Path, reference: str) -> None:
    root = project(tmp_path, {"other.py": MODEL})

    assert model_names(discover(root, reference)) == ["rate"]


def test_a_file_in_a_package_is_imported_from_the_root(tmp_path: Path) -> None:
    files = {"pyproject.toml": "[tool.mlfn]\n", "part/mood.py": MODEL}
    root = project(tmp_path, files)

    app = discover(Path("/"), str(root / "part" / "mood.py"))

    assert (app.root, app.models[0].__module__) == (root, "part.mood")


def test_a_change_is_seen_by_the_next_discovery(tmp_path: Path) -> None:
    helper = "VALUE = 1\n"
    root = project(tmp_path, {"app.py": f"from helper import VALUE\n{MODEL}rate.value = VALUE\n", "helper.py": helper})
    first = discover(root, None).models[0]
    times = (root / "helper.py").stat()
    (root / "helper.py").write_text("VALUE = 2\n")
    os.utime(root / "helper.py", ns=(times.st_atime_ns, times.st_mtime_ns))

    second = discover(root, None).models[0]

    assert (vars(first)["value"], vars(second)["value"]) == (1, 2)


def test_projects_with_modules_of_the_same_name_do_not_meet(tmp_path: Path) -> None:
    one = project(tmp_path / "one", {"app.py": f"import names\n{MODEL}", "names.py": "NAME = 1\n"})
    two = project(tmp_path / "two", {"app.py": MODEL.replace("rate", "judge")})
    discover(one, None)

    app = discover(two, None)

    assert model_names(app) == ["judge"]
    assert "names" not in sys.modules


def test_a_project_may_shadow_an_installed_module(tmp_path: Path) -> None:
    root = project(
        tmp_path, {"app.py": f"import statelint\n{MODEL}rate.value = statelint.VALUE\n", "statelint.py": "VALUE = 3\n"}
    )

    assert vars(discover(root, None).models[0])["value"] == 3


def test_discovery_leaves_the_search_path_and_no_bytecode(tmp_path: Path) -> None:
    path, finders = list(sys.path), list(sys.meta_path)
    root = project(tmp_path, {"app.py": MODEL})

    discover(root, None)

    assert (sys.path, sys.meta_path) == (path, finders)
    assert not (root / "__pycache__").exists()


def test_hints_written_as_text_are_resolved_after_discovery(tmp_path: Path) -> None:
    app_py = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom mlfn import model\n\n"
        "@dataclass\nclass Part:\n    text: str\n\n@dataclass\nclass Page:\n    parts: list[Part]\n\n"
        "@model\ndef read(page: Page) -> Page:\n    return page\n"
    )
    root = project(tmp_path, {"app.py": app_py})

    assert '"Part"' in resolve_app(discover(root, None)).models[0].input_schema


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("import missing_dependency", ModuleNotFoundError),
        ("from mlfn import nothing_like_that", ImportError),
        ("1 / 0", ZeroDivisionError),
        ("def broken(:", SyntaxError),
    ],
    ids=["module", "name", "exception", "syntax"],
)
def test_an_error_in_the_users_module_passes_through(tmp_path: Path, line: str, error: type[Exception]) -> None:
    root = project(tmp_path, {"app.py": f"{line}\n"})

    with pytest.raises(error):
        discover(root, None)

    assert "app" not in sys.modules
    assert str(root) not in sys.path


@pytest.mark.parametrize(
    ("files", "reference", "message", "hint"),
    [
        ({}, None, "There is no module 'app' in", "Write app.py with a @model function"),
        ({"app.py": ""}, None, "app in .* declares no model and no pipeline", "Write app.py"),
        ({"app.py": MODEL}, "other.thing:app", "There is no module 'other.thing'", "Write app.py"),
        (
            {"app.py": MODEL},
            "app:missing",
            "Module 'app' has no attribute 'missing'",
            "Write missing = App(",
        ),
        ({"app.py": MODEL}, "app:rate", "Module 'app' does not hold an App at 'rate'", "leave out"),
        ({"app.py": MODEL}, "not a module", "'not a module' names no app", "Write module:attribute"),
        ({"app.py": MODEL}, "missing.py", "There is no file .*missing.py", "Check the path"),
        ({"my-app.py": MODEL}, "my-app.py", "its path is no module name", "Use letters"),
        ({"pyproject.toml": "[tool.mlfn"}, None, "is not valid TOML", "Mend the file"),
        ({"pyproject.toml": "[tool]\nmlfn = 3"}, None, "tool.mlfn is no table", "Write \\[tool.mlfn\\]"),
        ({"pyproject.toml": "tool = 3", "app.py": ""}, None, "declares no model", "Write app.py"),
        ({"pyproject.toml": "[tool.mlfn]\nmodules = 'app'"}, None, "no list of module names", "Write modules"),
        ({"pyproject.toml": "[tool.mlfn]\nmodules = []"}, None, "no list of module names", "Write modules"),
        ({"pyproject.toml": "[tool.mlfn]\nmodules = ['a b']"}, None, "no list of module names", "Write modules"),
        ({"pyproject.toml": "[tool.mlfn]\ntrusted-key = ['k']"}, None, "Did you mean trusted-keys", "It has: allow-"),
        ({"pyproject.toml": "[tool.mlfn]\ncolour = 'blue'"}, None, "has no setting 'colour'.$", "It has: allow-"),
        ({"pyproject.toml": "[tool.mlfn]\napp = 'A B'"}, None, "an app cannot be called 'A B'", "starts with a lower"),
        ({"app.py": f"{MODEL}from mlfn import App\na = App('A')"}, None, "an app cannot be called 'A'", "starts with"),
        (
            {"app.py": "from mlfn import App\na, b = App('a'), App('b')"},
            None,
            "holds 2 apps: 'a', 'b'",
            "Name one as module:attribute",
        ),
        (
            {"pyproject.toml": "[tool.mlfn]\napp = 'one'", "app.py": "from mlfn import App\na = App('two')"},
            None,
            "called 'two' in code and 'one' in",
            "Use one name",
        ),
    ],
)
def test_what_cannot_be_discovered_is_said_with_the_next_step(
    tmp_path: Path, files: dict[str, str], reference: str | None, message: str, hint: str
) -> None:
    root = project(tmp_path, files)

    with pytest.raises(DiscoveryError, match=message) as caught:
        discover(root, reference)

    assert hint.replace("\\", "") in caught.value.hint


@pytest.mark.parametrize(
    ("directory", "name"),
    [
        ("mlfn-base", "base"),
        ("mlfn-", "mlfn"),
        ("mlfn-7 lamps", "lamps"),
        ("Scanned Reviews", "scanned-reviews"),
        ("2024_models", "models"),
        ("___", "app"),
        ("a" * 40, "a" * 31),
    ],
)
def test_a_directory_gives_a_valid_name(directory: str, name: str) -> None:
    assert valid_name(directory) == name
