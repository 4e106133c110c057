"""REST-XML as S3 speaks it: members in path, query and headers, documents in XML, objects as they are.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTCommonRequestHeaders.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.http import FileSlice, HttpRequest, HttpResponse
from mlfn_localstack.protocols.errors import ErrorShapes
from mlfn_localstack.protocols.hoisted import with_hoisted_headers
from mlfn_localstack.protocols.rest import RestBindings, parse_query
from mlfn_localstack.protocols.xml_values import XmlReader, XmlWriter, escape_text
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.protocols.model import OperationModel, ServiceModel, Shape
    from mlfn_localstack.service import Params, Result

_XML = ("Content-Type", "application/xml")
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ROOTS = {
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "GetObjectTagging": "Tagging",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
}


class RestXmlProtocol:
    """S3's protocol."""

    def __init__(self, model: ServiceModel) -> None:
        self.model = model
        self._bindings = RestBindings(model)
        self._reader = XmlReader(model)
        self._writer = XmlWriter(model)
        self._errors = ErrorShapes(model)

    def parse(self, request: HttpRequest) -> tuple[OperationModel, Params]:
        """The operation that is asked for and its parameters; a body in a file comes as its `SpooledBody`."""
        request = with_hoisted_headers(request)
        query = parse_query(request.raw_query)
        operation, labels = self._bindings.find(request, query)
        if operation.input is None:
            return operation, {}
        shape = self.model.shapes[operation.input]
        params = self._bindings.read(shape, request, query, labels)
        payload = shape.get("payload")
        if payload is not None:
            self._read_payload(shape, payload, request, params)
        return operation, params

    def _read_payload(self, shape: Shape, payload: str, request: HttpRequest, params: Params) -> None:
        member = shape["members"][payload]
        kind = self.model.shapes[member["shape"]]["type"]
        if kind == "blob":
            params[payload] = request.spooled or request.body
        elif kind == "string":
            params[payload] = request.body.decode("utf-8", "replace")
        else:
            body = request.body if request.spooled is None else request.spooled.path.read_bytes()
            if body:
                params[payload] = self._reader.read(body, member["shape"], root=member.get("locationName", payload))
            elif payload in shape.get("required", ()):
                raise ServiceError("MissingRequestBodyError", "Request Body is empty")

    def serialise(self, operation: OperationModel, result: Result, request_id: str) -> HttpResponse:
        """An operation's result."""
        identity = (("x-amz-request-id", request_id), ("x-amz-id-2", request_id))
        status = int(result.get("HttpStatus", operation.status))
        if operation.output is None:
            return HttpResponse(status=status, headers=identity)
        shape = self.model.shapes[operation.output]
        headers = (*identity, *self._bindings.write_headers(shape, result))
        payload = shape.get("payload")
        value = result.get(payload) if payload else None
        if isinstance(value, FileSlice):
            return HttpResponse(status=status, headers=headers, file=value)
        if isinstance(value, (bytes, str)):
            return HttpResponse(
                status=status, headers=headers, body=value if isinstance(value, bytes) else value.encode()
            )
        body = self._document(operation, shape, result, value)
        is_xml = body or operation.name == "HeadBucket"
        return HttpResponse(status=status, headers=(*headers, _XML) if is_xml else headers, body=body)

    def _document(self, operation: OperationModel, shape: Shape, result: Result, payload: Any) -> bytes:
        namespace = f' xmlns="{_NAMESPACE}"'
        if operation.name == "GetBucketLocation":
            text = escape_text(result.get("LocationConstraint") or "")
            return f"{_DECLARATION}<LocationConstraint{namespace}>{text}</LocationConstraint>".encode()
        if payload is not None:
            member = shape["members"][shape["payload"]]
            tag = member.get("locationName", member["shape"])
            return (_DECLARATION + self._writer.element(tag, member["shape"], payload, namespace)).encode()
        if "payload" in shape or all("location" in member for member in shape["members"].values()):
            return b""
        tag = _ROOTS.get(operation.name) or f"{operation.name}Result"
        members = self._writer.members(operation.output or "", result)
        return f"{_DECLARATION}<{tag}{namespace}>{members}</{tag}>".encode()

    def error(self, error: ServiceError, request_id: str) -> HttpResponse:
        """A refusal; `fields` become elements beside code and message."""
        status = self._errors.status(error)
        extra = "".join(
            f"<{name}>{escape_text(str(value))}</{name}>" for name, value in error.fields.items() if name != "Headers"
        )
        text = (
            f"{_DECLARATION}<Error><Code>{escape_text(error.code)}</Code><Message>{escape_text(error.message)}</Message>"
            f"{extra}<RequestId>{request_id}</RequestId><HostId>{request_id}</HostId></Error>"
        )
        identity = (("x-amz-request-id", request_id), ("x-amz-id-2", request_id))
        headers = (*identity, *error.fields.get("Headers", ()), _XML)
        return HttpResponse(status=status, headers=headers, body=b"" if status == 304 else text.encode())
