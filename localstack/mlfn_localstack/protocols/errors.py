"""What every protocol does with an error before writing it: its wire code, status and message member by the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlfn_localstack.protocols.model import ServiceModel, Shape
    from mlfn_localstack.service import ServiceError


_CAPITAL = frozenset({"dynamodb"})
"""Services that write the message of errors with further members as `Message`, whatever their model says."""


class ErrorShapes:
    """The errors a service's model declares, by shape name and by wire code."""

    def __init__(self, model: ServiceModel) -> None:
        self._capital = model.name in _CAPITAL
        self._by_code: dict[str, Shape] = {}
        self._names: dict[str, str] = {}
        for name, shape in model.shapes.items():
            if shape.get("exception"):
                self._by_code[name] = shape
                code = shape.get("error", {}).get("code", name)
                self._by_code.setdefault(code, shape)
                self._names.setdefault(code, name)

    def code(self, error: ServiceError) -> str:
        """The code as it goes over the wire (`NoSuchEntity` for `NoSuchEntityException`)."""
        shape = self._by_code.get(error.code, {})
        code: str = shape.get("error", {}).get("code", error.code)
        return code

    def name(self, error: ServiceError) -> str:
        """The name of its shape (`ValidationException` for `ValidationError`)."""
        return self._names.get(error.code, error.code)

    def status(self, error: ServiceError) -> int:
        """The status the model declares for it, unless the service chose one other than the usual 400."""
        if error.status != 400:
            return error.status
        status: int = self._by_code.get(error.code, {}).get("error", {}).get("httpStatusCode", 400)
        return status

    def body(self, error: ServiceError) -> dict[str, Any]:
        """Its members as JSON services write them: the message under the name the model gives it."""
        members = self._by_code.get(error.code, {}).get("members", {})
        message = next((name for name in members if name.lower() == "message"), "message")
        shown = members.get(message, {}).get("locationName", message)
        if self._capital and error.fields:
            shown = "Message"
        body: dict[str, Any] = {shown: error.message or None}
        if "Type" in members:
            body["Type"] = "User" if error.status < 500 else "Service"
        body |= {members.get(name, {}).get("locationName", name): value for name, value in error.fields.items()}
        return {name: value for name, value in body.items() if value is not None}

    def shape(self, error: ServiceError) -> Shape | None:
        """The error's shape, if the model declares it."""
        return self._by_code.get(error.code)
