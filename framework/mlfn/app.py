"""`App`: the models and pipelines that are deployed together."""

from __future__ import annotations

from mlfn.declare import ModelMark, PipelineMark, mark_of, model, pipeline
from mlfn.errors import DeclarationError
from mlfn.origin import origin

TYPE_CHECKING = False  # importing typing would cost every cold start 10 ms
if not TYPE_CHECKING:

    def overload(function):  # noqa: ANN001, ANN201 - stands in for typing's, which type checkers see below
        """Nothing: only type checkers read overloads."""
        return function


if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any, ParamSpec, TypeVar, Unpack, overload  # noqa: TC004 - see above

    from mlfn.options import ModelOptions, PipelineOptions

    P = ParamSpec("P")
    R = TypeVar("R")


class App:
    """A group of models and pipelines; it grows until it is resolved, and never after.

    Its name goes into the names of what is deployed: lower-case letters, digits and hyphens, 31 at most.
    Most projects need none: what the modules in `[tool.mlfn]` declare is an app by itself.
    """

    __slots__ = ("__weakref__", "_frozen", "_functions", "name", "root")

    def __init__(self, name: str, *, root: Path | None = None) -> None:
        self.name = name
        self.root = root
        """The project root that requirements and assets are relative to; discovery fills it in."""
        self._functions: list[Callable[..., Any]] = []
        self._frozen = False

    def __repr__(self) -> str:
        return f"App({self.name!r})"

    @property
    def models(self) -> tuple[Callable[..., Any], ...]:
        """The functions marked as models, in the order of declaration."""
        return tuple(each for each in self._functions if isinstance(mark_of(each), ModelMark))

    @property
    def pipelines(self) -> tuple[Callable[..., Any], ...]:
        """The functions marked as pipelines, in the order of declaration."""
        return tuple(each for each in self._functions if isinstance(mark_of(each), PipelineMark))

    @overload
    def model(self, function: Callable[P, R], /) -> Callable[P, R]: ...
    @overload
    def model(self, **options: Unpack[ModelOptions]) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
    def model(self, function: Callable[..., Any] | None = None, /, **options: Any) -> Any:  # type: ignore[misc] # mypy misreads Unpack here
        """Mark a function as a model of this app; options and errors are those of `mlfn.model` and `add`."""
        if function is not None:
            return self.add(model(function))
        return lambda target: self.add(model(**options)(target))

    @overload
    def pipeline(self, function: Callable[P, R], /) -> Callable[P, R]: ...
    @overload
    def pipeline(self, **options: Unpack[PipelineOptions]) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
    def pipeline(self, function: Callable[..., Any] | None = None, /, **options: Any) -> Any:  # type: ignore[misc] # as above
        """Mark a function as a pipeline of this app; options and errors are those of `mlfn.pipeline` and `add`."""
        if function is not None:
            return self.add(pipeline(function))
        return lambda target: self.add(pipeline(**options)(target))

    def add(self, function: Callable[P, R]) -> Callable[P, R]:
        """Take in a function that is marked already, such as another module's, and hand it back.

        Raises:
            DeclarationError: it is not marked, or the app is resolved already.
        """
        file, line = origin(function)
        if mark_of(function) is None:
            raise DeclarationError(
                f"{file}:{line}: {function!r} is neither a model nor a pipeline.", hint="Write @model above its def."
            )
        if self._frozen:
            raise DeclarationError(
                f"{file}:{line}: App {self.name!r} is resolved and takes no more declarations.",
                hint="Declare models and pipelines when their module is imported, not in a function that runs later.",
            )
        if function not in self._functions:
            self._functions.append(function)
        return function

    def freeze(self) -> None:
        """Take no more declarations from here on."""
        self._frozen = True
