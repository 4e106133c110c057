"""`@model` and `@pipeline`: they mark a function and hand it back unchanged.

Nothing is checked here: resolving reports all mistakes of an app together, and a function image pays for no check
at its cold start.
"""

from __future__ import annotations

from mlfn.errors import DeclarationError
from mlfn.origin import origin

TYPE_CHECKING = False  # importing typing would cost every cold start 10 ms
if not TYPE_CHECKING:

    def overload(function):  # noqa: ANN001, ANN201 - stands in for typing's, which type checkers see below
        """Nothing: only type checkers read overloads."""
        return function


if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final, ParamSpec, TypeVar, Unpack, overload  # noqa: TC004 - see above

    from mlfn.options import ModelOptions, PipelineOptions

    P = ParamSpec("P")
    R = TypeVar("R")


ATTRIBUTE: Final = "__mlfn__"


class ModelMark:
    """What `@model` says about a function: the options given, unchecked."""

    __slots__ = ("options",)

    def __init__(self, options: ModelOptions) -> None:
        self.options = options


class PipelineMark:
    """What `@pipeline` says about a function: the options given, unchecked."""

    __slots__ = ("options",)

    def __init__(self, options: PipelineOptions) -> None:
        self.options = options


def mark_of(function: object) -> ModelMark | PipelineMark | None:
    """The mark of a function, or None if it is not marked."""
    mark = getattr(function, ATTRIBUTE, None)
    return mark if isinstance(mark, (ModelMark, PipelineMark)) else None


@overload
def model(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def model(**options: Unpack[ModelOptions]) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def model(function: Callable[..., Any] | None = None, /, **options: Unpack[ModelOptions]) -> Any:
    """Mark a typed predict function as a model, bare (`@model`) or with options (`@model(memory_mb=1024)`).

    The options are those of `mlfn.options.ModelOptions`: name, memory_mb (512), timeout_s (30),
    ephemeral_storage_mb (512), architecture ("x86_64"), package ("image"), requirements, assets, reads, secrets, load,
    access, public (False), audit ("standard"), capture ("hash"), audit_shards (1), summary, example, baseline,
    reserved, provisioned (0), description (the docstring). Types and options are looked at when the app is resolved.

    Raises:
        DeclarationError: it is no function, or marked already.
    """
    return _mark(function, ModelMark(options))


@overload
def pipeline(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def pipeline(**options: Unpack[PipelineOptions]) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def pipeline(function: Callable[..., Any] | None = None, /, **options: Unpack[PipelineOptions]) -> Any:
    """Mark a typed function that chains models as a pipeline, bare or with options.

    The options are those of `mlfn.options.PipelineOptions`: name, mode ("sync", "async" or "batch"), timeout_s (29,
    async 3600, a line of a batch 300), access, public (False), audit_shards (1), description (the docstring).

    Raises:
        DeclarationError: it is no function, or marked already.
    """
    return _mark(function, PipelineMark(options))


def _mark(function: Callable[..., Any] | None, mark: ModelMark | PipelineMark) -> Any:
    def attach(target: Callable[..., Any]) -> Callable[..., Any]:
        file, line = origin(target)
        if not callable(target):
            raise DeclarationError(f"{target!r} is no function to mark.", hint="Write @model above a def.")
        if mark_of(target) is not None:
            raise DeclarationError(
                f"{file}:{line}: {target.__qualname__} is marked twice.",
                hint="Keep one of @model and @pipeline: a function is a model or a pipeline.",
            )
        setattr(target, ATTRIBUTE, mark)
        return target

    return attach if function is None else attach(function)
