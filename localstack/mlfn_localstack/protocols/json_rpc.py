"""AWS JSON 1.0 and 1.1: the operation in `X-Amz-Target`, everything else in a JSON body.

https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from mlfn_localstack.http import HttpRequest, HttpResponse
from mlfn_localstack.protocols.compression import plain_body
from mlfn_localstack.protocols.constraints import Constraints
from mlfn_localstack.protocols.errors import ErrorShapes
from mlfn_localstack.protocols.json_reader import SCALARS, JsonReaders, load_json, read_any_double
from mlfn_localstack.protocols.json_writer import JsonWriters, dump_json
from mlfn_localstack.protocols.query_codes import query_error, shape_of
from mlfn_localstack.service import Params, Result, ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.protocols.model import OperationModel, ServiceModel

_OWN_STATUS = frozenset({"cloudwatch", "sqs"})
"""Services whose errors keep the status they had when the service spoke AWS Query."""
_ERROR_PREFIX = {
    "dynamodb": "com.amazonaws.dynamodb.v20120810#",
    "dynamodbstreams": "com.amazonaws.dynamodb.v20120810#",
    "sqs": "com.amazonaws.sqs#",
}
_OWN_SCALARS = {"cloudwatch": {"double": read_any_double}}
_CORAL = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InternalFailure",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "SerializationException",
        "UnknownOperationException",
        "UnrecognizedClientException",
        "ValidationException",
    }
)


class JsonProtocol:
    """A service that speaks AWS JSON."""

    def __init__(self, model: ServiceModel) -> None:
        self.model = model
        self._readers = JsonReaders(model, SCALARS | _OWN_SCALARS.get(model.name, {}))
        self._writers = JsonWriters(model)
        self._constraints = Constraints(model)
        self._errors = ErrorShapes(model)
        self._content_type = ("Content-Type", f"application/x-amz-json-{model.json_version}")
        self._known: dict[str, OperationModel] = {}
        """The operations that were asked for, by their whole target."""
        self._checksummed = model.name == "dynamodb"

    def parse(self, request: HttpRequest) -> tuple[OperationModel, Params]:
        """The operation that is asked for and its parameters."""
        target = request.fields.get("x-amz-target", "")
        operation = self._known.get(target) or self._operation(target)
        body = plain_body(request)
        value = load_json(body) if body else {}
        if operation.input is None:
            return operation, {}
        params: Params = self._readers.reader(operation.input)(value)
        self._constraints.check(operation, params)
        return operation, params

    def _operation(self, target: str) -> OperationModel:
        prefix, _, name = target.rpartition(".")
        operation = self.model.operations.get(name)
        if operation is None or prefix.rpartition(".")[2] != self.model.target_prefix.rpartition(".")[2]:
            raise ServiceError("UnknownOperationException", f"The operation {name!r} is not known.")
        if prefix == self.model.target_prefix:
            self._known[target] = operation
        return operation

    def serialise(self, operation: OperationModel, result: Result, request_id: str) -> HttpResponse:
        """An operation's result."""
        if operation.output is None:
            return self._response(200, b"", request_id)
        writer = self._writers.writer(operation.output)
        return self._response(200, dump_json(result if writer is None else writer(result)), request_id)

    def error(self, error: ServiceError, request_id: str) -> HttpResponse:
        """A refusal."""
        code = self._errors.code(error)
        prefix = "com.amazon.coral.service#" if code in _CORAL else _ERROR_PREFIX.get(self.model.name, "")
        flat = self.model.name not in _OWN_STATUS and error.status in (401, 403, 404)
        status = 400 if flat else error.status
        body = {
            "__type": (prefix if self.model.name in _ERROR_PREFIX else "") + shape_of(self.model.name, code),
            **self._errors.body(error),
        }
        extra = query_error(self.model.name, code, status)
        return self._response(status, dump_json(body), request_id, extra)

    def _response(
        self, status: int, body: bytes, request_id: str, extra: tuple[tuple[str, str], ...] = ()
    ) -> HttpResponse:
        headers: tuple[tuple[str, str], ...] = (self._content_type, ("x-amzn-RequestId", request_id), *extra)
        if self._checksummed:
            headers = (*headers, ("x-amz-crc32", str(zlib.crc32(body))))
        return HttpResponse(status=status, headers=headers, body=body)
