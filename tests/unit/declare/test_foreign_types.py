"""What to write in place of a library's types."""

from __future__ import annotations

import pytest

from mlfn_engine.declarations.foreign_types import types_step


@pytest.mark.parametrize(
    ("reason", "step"),
    [
        ("numpy.ndarray has no JSON form", ".tolist()"),
        ("numpy.float32 has no JSON form", ".item()"),
        ("pandas.DataFrame has no JSON form", "to_dict('records')"),
        ("PIL.Image.Image has no JSON form", "mlfn.Blob"),
        ("app.Plain has no JSON form", "Use builtins"),
        ("Callable has no JSON form", "Use builtins"),
    ],
)
def test_the_next_step_is_that_of_the_types_package(reason: str, step: str) -> None:
    assert step in types_step(reason)
