"""`Annotated[str, Sensitive("hmac")]`: what must never be captured, logged or shown in the clear."""

from __future__ import annotations

from mlfn.errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    How = Literal["drop", "hmac", "keep_type"]

MARK = "mlfn_sensitive"
"""Where a core schema's metadata says how its values are redacted."""
HOW = ("drop", "hmac", "keep_type")


class Sensitive:
    """Marks a type in a model's signature: its values are captured redacted, and stay out of logs.

    `drop` leaves them out, `hmac` puts an HMAC under the app's data key in their place (equal values stay
    recognisable until the key is destroyed), `keep_type` an empty value of the same JSON type.
    """

    __slots__ = ("how",)

    def __init__(self, how: How = "drop") -> None:
        if how not in HOW:
            raise DeclarationError(f"Sensitive({how!r}) is not known.", hint=f"Write one of {', '.join(HOW)}.")
        self.how = how

    def __repr__(self) -> str:
        return f"Sensitive({self.how!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sensitive) and other.how == self.how

    def __hash__(self) -> int:
        return hash((Sensitive, self.how))

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> dict[str, Any]:
        """The type's own schema with a mark on it: validation stays what it is."""
        schema: dict[str, Any] = handler(source)
        if "ref" in schema or schema["type"] == "definition-ref":
            # The mark is of this place, not of the type wherever else it is used; pydantic-core unwraps a single step.
            schema = {"type": "chain", "steps": [schema]}
        return {**schema, "metadata": {**schema.get("metadata", {}), MARK: self.how}}
