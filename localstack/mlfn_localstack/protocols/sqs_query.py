"""SQS in AWS Query, which it spoke before JSON and speaks still: forms and queue URLs as endpoints.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.http import HttpResponse
from mlfn_localstack.protocols.query import XML, QueryProtocol
from mlfn_localstack.protocols.query_codes import query_code
from mlfn_localstack.protocols.xml_values import escape_text
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.protocols.model import OperationModel, ServiceModel, Shape
    from mlfn_localstack.service import Params, Result

_DECLARATION = '<?xml version="1.0"?>'
_NAMESPACE = "http://queue.amazonaws.com/doc/2012-11-05/"
_QUEUE_PATH = re.compile(r"/\d{12}/[A-Za-z0-9_.-]{1,80}/?")
_NOT_AT_QUEUES = frozenset({"CreateQueue", "ListQueues"})
"""Operations that a queue's URL is no endpoint of."""
_MAPS = {
    "MessageBodyAttributeMap": ("MessageAttribute", "Name", "Value"),
    "MessageBodySystemAttributeMap": ("MessageSystemAttribute", "Name", "Value"),
    "MessageSystemAttributeMap": ("Attribute", "Name", "Value"),
    "QueueAttributeMap": ("Attribute", "Name", "Value"),
    "TagMap": ("Tag", "Key", "Value"),
}
_LISTS = {
    "BinaryList": "BinaryListValue",
    "MessageSystemAttributeList": "MessageSystemAttributeName",
    "StringList": "StringListValue",
}
"""How lists are called where that is not their shape's name without `List`."""
_MESSAGES = {"QueueDoesNotExist": "The specified queue does not exist for this wsdl version."}
"""Messages that were longer before JSON."""


class SqsQueryProtocol(QueryProtocol):
    """SQS as old SDKs speak with it."""

    def __init__(self, model: ServiceModel) -> None:
        super().__init__(_named(model))

    def fields(self, request: HttpRequest) -> dict[str, str]:
        """What the form or the query string holds, and the queue that the path names."""
        given = super().fields(request)
        if _QUEUE_PATH.fullmatch(request.raw_path):
            url = f"http://{request.header('host')}{request.raw_path.rstrip('/')}"
            return {"QueueUrl": url, **given}
        return given

    def operation(self, request: HttpRequest, fields: dict[str, str]) -> OperationModel:
        """The operation that is asked for; old versions of the API have the same."""
        name = fields.get("Action")
        if name is None:
            raise ServiceError("UnknownOperationException", "The request names no action.", status=404)
        operation = self.model.operations.get(name)
        if operation is None or (name in _NOT_AT_QUEUES and _QUEUE_PATH.fullmatch(request.raw_path)):
            raise ServiceError("InvalidAction", f"The action {name} is not valid for this endpoint.")
        return operation

    def check(self, operation: OperationModel, params: Params) -> None:
        """Refuse parameters that the model does not allow; an empty batch, which no form can hold, is not missing."""
        if "Entries" in self.model.shapes[operation.input or ""]["members"]:
            params.setdefault("Entries", [])
        super().check(operation, params)

    def serialise(self, operation: OperationModel, result: Result, request_id: str) -> HttpResponse:
        """An operation's result."""
        response = super().serialise(operation, result, request_id)
        return response._replace(body=_DECLARATION.encode() + response.body)

    def error(self, error: ServiceError, request_id: str) -> HttpResponse:
        """A refusal."""
        headers = (("x-amzn-RequestId", request_id), XML)
        if error.code == "UnknownOperationException":
            return HttpResponse(status=error.status, headers=headers, body=b"<UnknownOperationException/>\n")
        kind = "Sender" if error.status < 500 else "Receiver"
        code = escape_text(query_code("sqs", error.code))
        message = escape_text(_MESSAGES.get(error.code, error.message))
        text = (
            f'{_DECLARATION}<ErrorResponse xmlns="{_NAMESPACE}"><Error><Type>{kind}</Type><Code>{code}</Code>'
            f"<Message>{message}</Message><Detail/></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return HttpResponse(status=error.status, headers=headers, body=text.encode())


def _named(model: ServiceModel) -> ServiceModel:
    """The model with the names that its lists and maps have in forms and XML, which botocore no longer knows."""
    shapes = {name: _shape(name, shape) for name, shape in model.shapes.items()}
    return replace(model, shapes=shapes, xml_namespace=_NAMESPACE)


def _shape(name: str, shape: Shape) -> Shape:
    match shape["type"]:
        case "structure":
            members = {key: member | _location(member["shape"]) for key, member in shape["members"].items()}
            return {**shape, "members": members}
        case "list":
            return {**shape, "flattened": True, "member": shape["member"] | _location(name)}
        case "map":
            _, key, value = _MAPS[name]
            parts = {"key": shape["key"] | {"locationName": key}, "value": shape["value"] | {"locationName": value}}
            return {**shape, **parts}
        case _:
            return shape


def _location(shape_name: str) -> dict[str, Any]:
    if shape_name in _MAPS:
        return {"locationName": _MAPS[shape_name][0]}
    if shape_name.endswith("List"):
        return {"locationName": _LISTS.get(shape_name, shape_name.removesuffix("List"))}
    return {}
