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
}


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


@cache
def wire_protocol(service: str) -> WireProtocol:
    """The protocol of a service, by botocore's name."""
    model = load_model(service)
    module, attribute = PROTOCOLS[model.protocol].split(":")
    protocol: WireProtocol = getattr(importlib.import_module(module), attribute)(model)
    return protocol
