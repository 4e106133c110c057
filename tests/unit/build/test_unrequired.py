"""Imports that nothing in a function's image answers."""

from __future__ import annotations

import pytest

from mlfn_engine.dependencies.unrequired import lacking

PROVIDERS = {"sklearn": ["scikit-learn"], "google": ["google-auth", "google-cloud-storage"], "yaml": ["PyYAML"]}


@pytest.mark.parametrize(
    ("imported", "locked", "found"),
    [
        pytest.param("sklearn", "numpy", [("sklearn", "scikit-learn")], id="another name than its package's"),
        pytest.param("sklearn", "scikit-learn", [], id="required"),
        pytest.param("yaml", "pyyaml", [], id="required in another case"),
        pytest.param("google", "google-cloud-storage", [], id="one of several packages"),
        pytest.param("json", "numpy", [], id="Python's own"),
        pytest.param("mlfn", "numpy", [], id="in every image"),
        pytest.param("torch", "numpy", [], id="not installed here"),
    ],
)
def test_what_is_installed_here_and_not_required_is_lacking(
    imported: str, locked: str, found: list[tuple[str, str]]
) -> None:
    assert list(lacking(frozenset({imported}), frozenset({locked}), PROVIDERS)) == found
