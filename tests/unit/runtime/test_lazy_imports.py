"""Modules that are imported when they are used."""

from __future__ import annotations

import builtins
import importlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlfn.runtime.lazy_imports import LazyModule, defer

SLOW = """
from slowlib.stats import _parts
from slowlib.stats._parts import rank, spread

__all__ = ["rank", "spread", "LIMIT"]
LIMIT = 7
"""
PARTS = """
import builtins
builtins.slow_imports = getattr(builtins, "slow_imports", 0) + 1

def rank(values):
    return sorted(values)

def spread(values):
    return max(values) - min(values)
"""
USER = "import slowlib.stats\nfrom slowlib.stats import rank\n"


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A library with a slow package, `slowlib.stats`, and another that imports it by name; counts the slow imports."""
    for path, text in {
        "slowlib/__init__.py": "",
        "slowlib/stats/__init__.py": SLOW,
        "slowlib/stats/_parts.py": PARTS,
        "slowlib/stats/extra.py": "from slowlib.stats import LIMIT\n",
        "learnlib.py": USER,
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr("builtins.slow_imports", 0, raising=False)
    defer({"slowlib.stats": ["rank"]})
    yield importlib.import_module("learnlib")
    for name in [name for name in sys.modules if name.partition(".")[0] in {"slowlib", "learnlib", "learnlib2"}]:
        del sys.modules[name]


def imports() -> int:
    return int(vars(builtins)["slow_imports"])


def test_what_another_library_imports_by_name_is_not_imported(library: Any) -> None:
    assert imports() == 0
    assert type(library.slowlib.stats) is LazyModule


def test_a_call_of_a_stand_in_imports_the_real_module_into_the_same_one(library: Any) -> None:
    module: Any = library.slowlib.stats

    assert library.rank([3, 1]) == [1, 3]

    assert imports() == 1
    assert sys.modules["slowlib.stats"] is module
    assert type(module) is type(sys)
    assert module.rank is module._parts.rank
    assert library.rank([2, 1]) == [1, 2]
    assert vars(module)["__spec__"].loader.__class__.__name__ == "SourceFileLoader"


@pytest.mark.parametrize(
    "use",
    ["slowlib.stats.LIMIT", "dir(slowlib.stats)", "slowlib.stats.spread([1, 4])", "hasattr(slowlib.stats, 'LIMIT')"],
)
def test_any_other_use_imports_it(library: Any, use: str) -> None:
    assert eval(use, {"slowlib": library.slowlib})  # noqa: S307 - written above
    assert imports() == 1


@pytest.mark.parametrize(
    "statement",
    ["from slowlib.stats import *", "from slowlib.stats import spread", "import slowlib.stats.extra",
     "from slowlib.stats import extra", "import slowlib.stats._parts"],
)  # fmt: skip
def test_every_form_of_import_finds_what_it_would_find_without(library: Any, statement: str) -> None:
    names: dict[str, Any] = {}

    exec(statement, names)  # noqa: S102 - written above

    assert imports() == 1, "the package is imported once, and so is what is in it"
    parts: Any = sys.modules["slowlib.stats._parts"]
    assert library.slowlib.stats._parts is parts
    assert parts.__spec__.loader.__class__.__name__ == "SourceFileLoader"


def test_a_module_that_is_no_package_waits_as_well(library: Any, tmp_path: Path) -> None:
    (tmp_path / "slowlib/plain.py").write_text(PARTS)
    (tmp_path / "learnlib2.py").write_text("from slowlib.plain import rank\n")
    defer({"slowlib.plain": ["rank"]})

    again = importlib.import_module("learnlib2")

    assert imports() == 0, "`from module import name` asks the module whether it is a package: no use of it"
    assert again.rank([2, 1]) == [1, 2]
    assert imports() == 1


def test_a_missing_name_is_an_attribute_error_as_ever(library: Any) -> None:
    with pytest.raises(AttributeError, match="nothing"):
        library.slowlib.stats.nothing  # noqa: B018 - the access is the point
    with pytest.raises(ImportError, match="nothing"):
        exec("from slowlib.stats import nothing")  # noqa: S102 - written above


def test_an_import_that_fails_leaves_no_half_of_a_module(library: Any, tmp_path: Path) -> None:
    (tmp_path / "slowlib/stats/_parts.py").write_text("raise RuntimeError('no licence')\n")

    with pytest.raises(RuntimeError, match="no licence"):
        library.rank([1])

    assert "slowlib.stats" not in sys.modules


def test_threads_that_use_it_at_once_wait_for_one_import(library: Any) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(library.slowlib.stats.LIMIT)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert found == [7] * 8
    assert imports() == 1
