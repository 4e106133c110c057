"""Refuse to unpickle what the artefacts of the image were not found to import when it was packaged."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

EVENT = "pickle.find_class"
PLAIN = frozenset(
    {
        "builtins.bytearray",
        "builtins.complex",
        "builtins.dict",
        "builtins.frozenset",
        "builtins.list",
        "builtins.object",
        "builtins.range",
        "builtins.set",
        "builtins.slice",
        "builtins.tuple",
        "collections.OrderedDict",
        "copyreg._reconstructor",
    }
)
"""What does nothing but hold values."""


class PickleRefusedError(Exception):
    """A pickle asks for something that no artefact of the image was found to import."""


def guard(names: Iterable[str]) -> None:
    """From now on, let pickles import these names and what merely holds values; there is no way back."""
    allowed = PLAIN | frozenset(names)

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if event == EVENT and f"{arguments[0]}.{arguments[1]}" not in allowed:
            raise PickleRefusedError(
                f"A pickle would import {arguments[0]}.{arguments[1]}, which no artefact of this image was found "
                "to do. If that is right, name it under [tool.mlfn]: allow-pickle."
            )

    sys.addaudithook(look)
