"""REST-JSON: operations by method and path, members in path, query, headers and a JSON body.

https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.http import HttpRequest, HttpResponse
from mlfn_localstack.protocols.constraints import Constraints
from mlfn_localstack.protocols.errors import ErrorShapes
from mlfn_localstack.protocols.json_reader import JsonReaders, load_json
from mlfn_localstack.protocols.json_writer import JsonWriters, dump_json
from mlfn_localstack.protocols.rest import RestBindings, parse_query

if TYPE_CHECKING:
    from mlfn_localstack.protocols.model import OperationModel, ServiceModel, Shape
    from mlfn_localstack.service import Params, Result, ServiceError

_JSON = ("Content-Type", "application/json")


class RestJsonProtocol:
    """A service that speaks REST-JSON."""

    def __init__(self, model: ServiceModel) -> None:
        self.model = model
        self._bindings = RestBindings(model)
        self._readers = JsonReaders(model)
        self._writers = JsonWriters(model)
        self._constraints = Constraints(model)
        self._errors = ErrorShapes(model)

    def parse(self, request: HttpRequest) -> tuple[OperationModel, Params]:
        """The operation that is asked for and its parameters."""
        query = parse_query(request.raw_query)
        operation, labels = self._bindings.find(request, query)
        if operation.input is None:
            return operation, {}
        shape = self.model.shapes[operation.input]
        params = self._bindings.read(shape, request, query, labels)
        self._read_body(operation.input, shape, request.body, params)
        self._constraints.check(operation, params)
        return operation, params

    def _read_body(self, name: str, shape: Shape, body: bytes, params: Params) -> None:
        payload = shape.get("payload")
        if payload is None:
            if body and _has_body(shape):
                params.update(self._readers.reader(name)(load_json(body)))
        elif body:
            member = shape["members"][payload]["shape"]
            kind = self.model.shapes[member]["type"]
            params[payload] = body if kind == "blob" else self._readers.reader(member)(load_json(body))

    def serialise(self, operation: OperationModel, result: Result, request_id: str) -> HttpResponse:
        """An operation's result."""
        request_header = ("x-amzn-RequestId", request_id)
        if operation.output is None:
            return HttpResponse(status=operation.status, headers=(request_header, _JSON))
        shape = self.model.shapes[operation.output]
        headers = self._bindings.write_headers(shape, result)
        status = self._bindings.status(operation, shape, result)
        body = self._body(operation.output, shape, result)
        if not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(_JSON)
        return HttpResponse(status=status, headers=(request_header, *headers), body=b"" if status == 204 else body)

    def _body(self, name: str, shape: Shape, result: Result) -> bytes:
        payload = shape.get("payload")
        if payload is None:
            if not _has_body(shape):
                return b""
            writer = self._writers.writer(name)
            return dump_json(result if writer is None else writer(result))
        value: Any = result.get(payload)
        if isinstance(value, (bytes, str)):
            return value if isinstance(value, bytes) else value.encode()
        if value is None:
            return b""
        member_writer = self._writers.writer(shape["members"][payload]["shape"])
        return dump_json(value if member_writer is None else member_writer(value))

    def error(self, error: ServiceError, request_id: str) -> HttpResponse:
        """A refusal."""
        headers = [("x-amzn-RequestId", request_id), ("x-amzn-ErrorType", self._errors.code(error)), _JSON]
        shape = self._errors.shape(error)
        if shape is not None:
            headers += self._bindings.write_headers(shape, error.fields)
        return HttpResponse(
            status=self._errors.status(error), headers=tuple(headers), body=dump_json(self._errors.body(error))
        )


def _has_body(shape: Shape) -> bool:
    return any("location" not in member for member in shape["members"].values())
