"""Smithy RPC v2 CBOR: the operation in the path, everything else in a CBOR body.

https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.http import HttpRequest, HttpResponse
from mlfn_localstack.protocols import cbor
from mlfn_localstack.protocols.compression import plain_body
from mlfn_localstack.protocols.constraints import Constraints
from mlfn_localstack.protocols.errors import ErrorShapes
from mlfn_localstack.protocols.json_reader import SCALARS, JsonReaders, serialization_error
from mlfn_localstack.service import Params, Result, ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.protocols.model import OperationModel, ServiceModel

_HEADERS = (("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"))


class RpcV2CborProtocol:
    """A service that speaks RPC v2 CBOR."""

    def __init__(self, model: ServiceModel) -> None:
        self.model = model
        self._readers = JsonReaders(model, SCALARS | {"blob": _read_blob, "timestamp": _read_timestamp})
        self._constraints = Constraints(model)
        self._errors = ErrorShapes(model)

    def parse(self, request: HttpRequest) -> tuple[OperationModel, Params]:
        """The operation that is asked for and its parameters."""
        operation = self._operation(request)
        if operation.input is None:
            return operation, {}
        body = plain_body(request)
        try:
            value = cbor.decode(body) if body else {}
        except ValueError as error:
            raise serialization_error(f"Unable to parse the request body as CBOR: {error}.") from error
        params: Params = self._readers.reader(operation.input)(value)
        self._constraints.check(operation, params)
        return operation, params

    def _operation(self, request: HttpRequest) -> OperationModel:
        service, _, name = request.raw_path.rpartition("/service/")[2].partition("/operation/")
        operation = self.model.operations.get(name)
        if operation is None or service != self.model.target_prefix:
            raise ServiceError("UnknownOperationException", f"The operation {name!r} is not known.", status=404)
        return operation

    def serialise(self, operation: OperationModel, result: Result, request_id: str) -> HttpResponse:
        """An operation's result."""
        body = cbor.encode(self._shaped(result, operation.output)) if operation.output else b""
        headers = (*_HEADERS, ("x-amzn-RequestId", request_id)) if body else (
            _HEADERS[1], ("x-amzn-RequestId", request_id)
        )  # fmt: skip
        return HttpResponse(status=200, headers=headers, body=body)

    def _shaped(self, value: Any, name: str) -> Any:
        """A value with the types its shape has on the wire: doubles are floats, times are tagged."""
        shape = self.model.shapes[name]
        match shape["type"]:
            case "structure":
                members = shape["members"]
                return {
                    key: self._shaped(item, members[key]["shape"])
                    for key, item in value.items()
                    if key in members and item is not None
                }
            case "list":
                return [self._shaped(item, shape["member"]["shape"]) for item in value]
            case "map":
                return {key: self._shaped(item, shape["value"]["shape"]) for key, item in value.items()}
            case "timestamp":
                return value if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)
            case "double" | "float":
                return float(value)
            case _:
                return value

    def error(self, error: ServiceError, request_id: str) -> HttpResponse:
        """A refusal; services that once spoke Query also say how it was called there."""
        status = self._errors.status(error)
        fault = "Sender" if status < 500 else "Receiver"
        headers = (
            *_HEADERS,
            ("x-amzn-RequestId", request_id),
            ("x-amzn-query-error", f"{self._errors.code(error)};{fault}"),
        )
        body = {"__type": self._errors.name(error), **self._errors.body(error)}
        return HttpResponse(status=status, headers=headers, body=cbor.encode(body))


def _read_blob(value: Any) -> Any:
    if type(value) is not bytes:
        raise serialization_error("A blob is not a byte string.")
    return value


def _read_timestamp(value: Any) -> Any:
    if not isinstance(value, datetime):
        raise serialization_error("A time is not tagged as one.")
    return value
