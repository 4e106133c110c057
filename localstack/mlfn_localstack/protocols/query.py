"""AWS Query: the operation and its parameters as form fields, answers in XML.

https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from mlfn_localstack.http import HttpRequest, HttpResponse
from mlfn_localstack.protocols.compression import plain_body
from mlfn_localstack.protocols.constraints import Constraints
from mlfn_localstack.protocols.errors import ErrorShapes
from mlfn_localstack.protocols.text_values import parse_text
from mlfn_localstack.protocols.timestamps import WHOLE_SECONDS
from mlfn_localstack.protocols.xml_values import XmlWriter, escape_text
from mlfn_localstack.service import Params, Result, ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.protocols.model import OperationModel, ServiceModel, Shape

XML = ("Content-Type", "text/xml")
_MAX_FIELDS = 10_000
_KEEPING_SECONDS = frozenset({"iam", "sts"})

Tree = dict[str, Any]
"""Form fields by the dots in their names; a field's own value is under the empty key."""


class QueryProtocol:
    """A service that speaks AWS Query."""

    def __init__(self, model: ServiceModel) -> None:
        self.model = model
        self._writer = XmlWriter(model, WHOLE_SECONDS if model.name in _KEEPING_SECONDS else "iso8601")
        self._constraints = Constraints(model)
        self._errors = ErrorShapes(model)

    def parse(self, request: HttpRequest) -> tuple[OperationModel, Params]:
        """The operation that is asked for and its parameters."""
        fields = self.fields(request)
        operation = self.operation(request, fields)
        if operation.input is None:
            return operation, {}
        params = self._structure(_tree(fields), self.model.shapes[operation.input])
        self.check(operation, params)
        return operation, params

    def fields(self, request: HttpRequest) -> dict[str, str]:
        """What the form holds, or the query string if there is no form."""
        try:
            posted = plain_body(request) if request.method == "POST" else b""
            text = posted.decode("ascii") if posted else request.raw_query
            pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
        except ValueError as error:
            raise ServiceError("MalformedQueryString", "The query string contains a syntax error.") from error
        return dict(pairs)

    def operation(self, _request: HttpRequest, fields: dict[str, str]) -> OperationModel:
        """The operation that is asked for."""
        name, version = fields.get("Action", ""), fields.get("Version", "")
        operation = self.model.operations.get(name)
        if operation is None or version != self.model.api_version:
            raise ServiceError("InvalidAction", f"Could not find operation {name} for version {version}")
        return operation

    def check(self, operation: OperationModel, params: Params) -> None:
        """Refuse parameters that the model does not allow."""
        self._constraints.check(operation, params)

    def _structure(self, tree: Tree, shape: Shape) -> Params:
        params: Params = {}
        for name, member in shape["members"].items():
            child = tree.get(member.get("locationName", name))
            if child is not None:
                params[name] = self._value(child, member["shape"], name)
        return params

    def _value(self, tree: Tree, shape_name: str, name: str) -> Any:
        shape = self.model.shapes[shape_name]
        match shape["type"]:
            case "structure":
                return self._structure(tree, shape)
            case "list":
                items = tree if shape.get("flattened") else tree.get(shape["member"].get("locationName", "member"), {})
                return [self._value(item, shape["member"]["shape"], name) for item in _numbered(items)]
            case "map":
                entries = tree if shape.get("flattened") else tree.get("entry", {})
                key, value = (shape[part].get("locationName", part) for part in ("key", "value"))
                return {
                    entry.get(key, {}).get("", ""): self._value(entry.get(value, {}), shape["value"]["shape"], name)
                    for entry in _numbered(entries)
                }
            case _:
                if "" not in tree:
                    raise ServiceError("MalformedInput", f"{name} takes one value.")
                return parse_text(tree[""], shape, name)

    def serialise(self, operation: OperationModel, result: Result, request_id: str) -> HttpResponse:
        """An operation's result."""
        body = self._writer.members(operation.output, result) if operation.output else ""
        wrapper = operation.result_wrapper or (f"{operation.name}Result" if operation.output else None)
        if wrapper:
            body = f"<{wrapper}>{body}</{wrapper}>" if body else f"<{wrapper}/>"
        metadata = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        tag = f"{operation.name}Response"
        text = f'<{tag} xmlns="{self.model.xml_namespace}">{body}{metadata}</{tag}>'
        return HttpResponse(status=200, headers=(("x-amzn-RequestId", request_id), XML), body=text.encode())

    def error(self, error: ServiceError, request_id: str) -> HttpResponse:
        """A refusal."""
        status = self._errors.status(error)
        kind = "Sender" if status < 500 else "Receiver"
        code, message = escape_text(self._errors.code(error)), escape_text(error.message)
        text = (
            f'<ErrorResponse xmlns="{self.model.xml_namespace}"><Error><Type>{kind}</Type><Code>{code}</Code>'
            f"<Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return HttpResponse(status=status, headers=(("x-amzn-RequestId", request_id), XML), body=text.encode())


def _tree(fields: dict[str, str]) -> Tree:
    root: Tree = {}
    for name, value in fields.items():
        node = root
        for part in name.split(".")[:32]:
            node = node.setdefault(part or " ", {})
        node[""] = value
    return root


def _numbered(tree: Tree) -> list[Tree]:
    keys = [key for key in tree if key.isascii() and key.isdigit() and len(key) < 7]
    return [tree[key] for key in sorted(keys, key=int)]
