"""A pipeline as shapes and arrows, on several levels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a shape stands for."""

    END = "end"
    """Where the pipeline, or one of its levels, begins or ends."""
    STEP = "step"
    CHOICE = "choice"
    WAIT = "wait"
    PERSON = "person"
    """Somebody is asked."""
    RAISE = "raise"
    MAP = "map"
    PARALLEL = "parallel"
    PIPELINE = "pipeline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A thing that runs; a map, a parallel or another pipeline has levels inside."""

    name: str
    label: str
    kind: Kind
    levels: tuple[Drawing, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """From one shape to the next; the label is the type that is passed on, an answer, or names of errors."""

    source: str
    target: str
    label: str
    on_error: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """One level of a pipeline."""

    shapes: tuple[Shape, ...]
    arrows: tuple[Arrow, ...]
