"""The wire protocols of AWS: protocol name in botocore's service models -> `module:class`, imported when first used."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING, Protocol

from mlfn_localstack.protocols.model import load_model

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest, HttpResponse
    from mlfn_localstack.protocols.model import OperationModel, ServiceModel
    from mlfn_localstack.service import Params, Result, ServiceError

PROTOCOLS = {
    "json": "mlfn_localstack.protocols.json_rpc:JsonProtocol",
    "query": "mlfn_localstack.protocols.query:QueryProtocol",
    "rest-json": "mlfn_localstack.protocols.rest_json:RestJsonProtocol",
    "rest-xml": "mlfn_localstack.protocols.rest_xml:RestXmlProtocol",
    "smithy-rpc-v2-cbor": "mlfn_localstack.protocols.rpc_v2_cbor:RpcV2CborProtocol",
}
OWN_PROTOCOLS = {("sqs", "query"): "mlfn_localstack.protocols.sqs_query:SqsQueryProtocol"}
"""Where a service has ways of its own."""


class WireProtocol(Protocol):
    """How one service's requests and answers look on the wire."""

    model: ServiceModel

    def parse(self, request: HttpRequest) -> tuple[OperationModel, Params]:
        """The operation that is asked for and its parameters, as boto3 was given them.

        Raises:
            ServiceError: the request is not one of this service's, or its parameters do not fit.
        """

    def serialise(self, operation: OperationModel, result: Result, request_id: str) -> HttpResponse:
        """An operation's result."""

    def error(self, error: ServiceError, request_id: str) -> HttpResponse:
        """A refusal."""


def wire_protocol(service: str, request: HttpRequest | None = None) -> WireProtocol:
    """The protocol of a service, by botocore's name; of several, the one `request` speaks."""
    model = load_model(service)
    return _protocol(service, model.protocol if request is None else _spoken(model, request))


def _spoken(model: ServiceModel, request: HttpRequest) -> str:
    if len(model.protocols) == 1:
        return model.protocol
    if request.fields.get("smithy-protocol") == "rpc-v2-cbor":
        spoken = "smithy-rpc-v2-cbor"
    else:
        spoken = "json" if request.header("x-amz-target") else "query"
    return spoken if spoken in model.protocols else model.protocol


@cache
def _protocol(service: str, name: str) -> WireProtocol:
    model = load_model(service)
    module, attribute = OWN_PROTOCOLS.get((service, name), PROTOCOLS[name]).split(":")
    protocol: WireProtocol = getattr(importlib.import_module(module), attribute)(model)
    return protocol
