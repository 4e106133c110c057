"""Globs of include, exclude and assets."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlfn_engine.projects.globs import named, named_anywhere


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("app.py", "app.py", True),
        ("app.py", "*.py", True),
        ("a/app.py", "*.py", False),
        ("a/app.py", "**/*.py", True),
        ("app.py", "**/*.py", True),
        ("a/b/c.txt", "a/**", True),
        ("data/drafts/a.csv", "data/drafts", True),
        ("data/drafts/a.csv", "./data/drafts/", True),
        ("database/a.csv", "data", False),
        ("a1.bin", "a[0-9].bin", True),
        ("ax.bin", "a[!0-9].bin", True),
        ("a(b).bin", "a(b).bin", True),
        ("abb.bin", "a?b.bin", True),
        ("a/b.bin", "a?b.bin", False),
        ("ab.bin", "?", False),
    ],
)
def test_a_glob_names_a_path_or_a_directory_above_it(path: str, pattern: str, expected: bool) -> None:
    assert named(Path(path), pattern) is expected


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("a/b/app.py", "app.py", True),
        ("a/drafts/b.csv", "drafts/", True),
        ("a/b/drafts/c.csv", "b/drafts", False),
        ("b/drafts/c.csv", "b/drafts", True),
    ],
)
def test_an_exclude_without_a_slash_holds_at_any_depth(path: str, pattern: str, expected: bool) -> None:
    assert named_anywhere(Path(path), pattern) is expected
