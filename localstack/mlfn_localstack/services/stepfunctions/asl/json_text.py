"""JSON text as Step Functions writes it, and values that remember the text they came from."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName, StateError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_BYTES = 262_144
"""Input, output and result of a state (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html)."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def dump(value: Any) -> str:
    """A value as compact JSON text; half a surrogate pair, which no bytes stand for, is a question mark as in Java."""
    text = _encode(value)
    return text if text.isascii() else _without_surrogates(text)


def _without_surrogates(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def parse(text: str) -> Any:
    """The value of strict JSON text (no NaN, no Infinity)."""
    return json.loads(text, parse_constant=_refuse_constant)


@dataclass(slots=True)
class Payload:
    """A value on its way between states, with its text, which is made once and kept as it was received."""

    value: Any
    _text: str | None = field(default=None)

    @property
    def text(self) -> str:
        """The value as JSON text."""
        if self._text is None:
            self._text = dump(self.value)
        return self._text

    @classmethod
    def array(cls, items: Sequence[Payload]) -> Payload:
        """The array of several values, each with the text it has."""
        return cls([item.value for item in items], f"[{','.join(item.text for item in items)}]")

    def too_large(self) -> bool:
        """Whether its text exceeds the 256 KiB that may travel between states."""
        text = self.text
        return len(text) > MAX_BYTES or (len(text) * 4 > MAX_BYTES and len(text.encode()) > MAX_BYTES)


def check_size(payload: Payload, subject: str) -> Payload:
    """The payload itself, if `subject` (a state or task) may hand it on.

    Raises:
        StateError: States.DataLimitExceeded.
    """
    if payload.too_large():
        cause = (
            f"The state/task '{subject}' returned a result with a size exceeding"
            " the maximum number of bytes service limit."
        )
        raise StateError(ErrorName.DATA_LIMIT, cause)
    return payload
