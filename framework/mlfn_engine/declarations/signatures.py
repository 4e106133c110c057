"""What a handler takes and gives: its parameters and their evaluated type hints."""

from __future__ import annotations

import inspect
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NO_DEFAULT = inspect.Parameter.empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """The value a parameter or field has when it is left out."""

    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a handler."""

    name: str
    hint: Any
    default: Default | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A handler's parameters and result, hints evaluated."""

    parameters: tuple[Parameter, ...]
    result: Any


class SignatureError(Exception):
    """A handler's signature cannot be a contract: (sentence, next step) pairs."""

    def __init__(self, mistakes: list[tuple[str, str]]) -> None:
        super().__init__(mistakes)
        self.mistakes = mistakes


def read_signature(function: Callable[..., Any]) -> Signature:
    """The signature of a handler.

    Raises:
        SignatureError: with everything that is wrong with it.
    """
    parameters = list(inspect.signature(function).parameters.values())
    name = function.__name__
    mistakes = [*_kind_mistakes(function, parameters), *_missing_hints(function, parameters)]
    if mistakes:
        raise SignatureError(mistakes)
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except Exception as error:  # a hint is any expression of the user's; whatever it raises is what is wrong with it
        sentence = f"A type hint of {name} cannot be evaluated: {error}."
        step = "Import or define every type that the hints name at module level, outside TYPE_CHECKING."
        raise SignatureError([(sentence, step)]) from error
    found = tuple(Parameter(name=each.name, hint=hints[each.name], default=_default(each)) for each in parameters)
    return Signature(parameters=found, result=hints["return"])


def _default(parameter: inspect.Parameter) -> Default | None:
    return None if parameter.default is _NO_DEFAULT else Default(value=parameter.default)


def _kind_mistakes(function: Callable[..., Any], parameters: list[inspect.Parameter]) -> Iterator[tuple[str, str]]:
    name = function.__name__
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        yield f"{name} is a coroutine or generator.", "Write a plain def that returns its result."
    if inspect.isasyncgenfunction(function):
        yield f"{name} is an asynchronous generator.", "Write a plain def that returns its result."
    if not parameters:
        yield f"{name} takes no input.", "Give it a typed parameter: the body of a call is its value."
    for parameter in parameters:
        match parameter.kind:
            case inspect.Parameter.VAR_POSITIONAL:
                yield f"{name} takes *{parameter.name}.", "Name every parameter; take a list for any number of values."
            case inspect.Parameter.VAR_KEYWORD:
                yield f"{name} takes **{parameter.name}.", "Name every parameter; take a dict for any keys."
            case inspect.Parameter.POSITIONAL_ONLY if len(parameters) > 1:
                yield f"Parameter {parameter.name!r} of {name} is positional-only.", "Remove the '/'."


def _missing_hints(function: Callable[..., Any], parameters: list[inspect.Parameter]) -> Iterator[tuple[str, str]]:
    name = function.__name__
    for parameter in parameters:
        if parameter.annotation is _NO_DEFAULT:
            yield (
                f"Parameter {parameter.name!r} of {name} has no type hint.",
                f"Write {parameter.name}: str, a dataclass, or whichever type a caller sends.",
            )
    if inspect.signature(function).return_annotation is inspect.Signature.empty:
        yield f"{name} has no return type hint.", "Write -> str, a dataclass, or whichever type it returns."
