"""Between a model's own types and JSON, by the hints of its function."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from mlfn.declare import mark_of
from mlfn.errors import ContractError, DeclarationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """How the arguments of a model or pipeline become a body, and an answer its result."""

    name: str
    parameters: inspect.Signature
    arguments: dict[str, TypeAdapter[Any]]
    result: TypeAdapter[Any]

    def body(self, *args: Any, **kwargs: Any) -> bytes:
        """The body of a call: the value of the one parameter, or an object of all that were given.

        Raises:
            TypeError: the arguments do not fit the function, as if it were called here.
        """
        given = self.parameters.bind(*args, **kwargs).arguments
        encoded = {name: self.arguments[name].dump_json(value, by_alias=True) for name, value in given.items()}
        if len(self.arguments) == 1 and encoded:
            return next(iter(encoded.values()))
        members = [json.dumps(name).encode() + b":" + text for name, text in encoded.items()]
        return b"{" + b",".join(members) + b"}"

    def parse(self, body: bytes) -> Any:
        """A result as the function's own type.

        Raises:
            ContractError: it is none: the deployed version has other types than this code.
        """
        try:
            return self.result.validate_json(body)
        except ValueError as error:
            raise ContractError(
                f"The result of {self.name} does not fit its type here.",
                hint="Deploy what is declared here, or use the code of the deployed version.",
            ) from error


def signature_of(function: Callable[..., Any]) -> Signature:
    """The signature of a model or pipeline.

    Raises:
        DeclarationError: it is neither, or pydantic is not there.
    """
    try:
        from pydantic import TypeAdapter  # noqa: PLC0415 - callers that send plain JSON need none
    except ImportError as error:
        raise DeclarationError(
            "Typed calls need pydantic.", hint="Install it, or send plain JSON with client.call."
        ) from error
    hints = get_type_hints(function, include_extras=True)
    parameters = inspect.signature(function)
    return Signature(
        name=declared_name(function),
        parameters=parameters,
        arguments={name: TypeAdapter(hints.get(name, Any)) for name in parameters.parameters},
        result=TypeAdapter(hints.get("return", Any)),
    )


def declared_name(function: Callable[..., Any]) -> str:
    """The name under which a model or pipeline is deployed.

    Raises:
        DeclarationError: it is neither.
    """
    mark = mark_of(function)
    if mark is None:
        raise DeclarationError(
            f"{function!r} is neither a model nor a pipeline.", hint="Pass a function that is marked with @model."
        )
    return str(mark.options.get("name") or getattr(function, "__name__", ""))
