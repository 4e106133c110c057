"""What to write in place of libraries' own types, which JSON cannot carry."""

from __future__ import annotations

_USUAL = "Use builtins, dataclasses, TypedDict, enums, Literal, datetime, bytes or pydantic models."
_ARRAYS = (
    "Take list[float] (a table: list[list[float]]) and make an array of it in the function; give its .tolist(), "
    "of one number its .item()."
)
_FRAMES = (
    "Take list[Row], Row being a dataclass of the columns, and make a frame of it in the function; give rows, too: "
    "frame.to_dict('records')."
)
_IMAGES = "Take a mlfn.Blob and open it in the function: Image.open(blob.open()); give Blob.from_bytes(…, 'image/png')."
_STEPS = {
    "numpy": _ARRAYS,
    "torch": _ARRAYS,
    "tensorflow": _ARRAYS,
    "jax": _ARRAYS,
    "pandas": _FRAMES,
    "polars": _FRAMES,
    "PIL": _IMAGES,
}
"""By the package that a type's name begins with."""


def types_step(reason: str) -> str:
    """The next step for a reason that names the type, such as `numpy.ndarray has no JSON form`."""
    package, dot, _ = reason.partition(".")
    return _STEPS.get(package, _USUAL) if dot else _USUAL
