"""Globs of include and exclude."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlfn_engine.project_files import matches


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("app.py", "app.py", True),
        ("app.py", "*.py", True),
        ("data/drafts/a.csv", "data/drafts", True),
        ("data/drafts/a.csv", "data/drafts/", True),
        ("data/a.csv", "./data", True),
        ("data/a.csv", "**/*.csv", True),
        ("a.csv", "**/*.csv", True),
        ("a.csv", "data", False),
        ("database/a.csv", "data", False),
    ],
)
def test_a_glob_names_a_path_or_a_directory_above_it(path: str, pattern: str, expected: bool) -> None:
    assert matches(Path(path), pattern) is expected
