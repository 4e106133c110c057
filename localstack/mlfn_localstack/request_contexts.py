"""What an operation may know of the HTTP request that asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.service import RequestContext

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.service import Caller, Environment


def context_of(
    environment: Environment, request: HttpRequest, asked: tuple[str, str], caller: Caller, request_id: str
) -> RequestContext:
    """The context of a request for an operation: `asked` is its service and name."""
    service, operation = asked
    return RequestContext(
        service=service,
        operation=operation,
        region=environment.region,
        account_id=environment.account_id,
        caller=caller,
        request_id=request_id,
        endpoint=f"http://{request.fields.get('host')}",
        source_ip=request.client,
        fields=request.fields,
        peer=request.peer,
    )
