"""AWS::CloudFormation::CustomResource and Custom::Name: what a function, or who listens to a topic, makes of it."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.errors import ToldFailureError
from mlfn_localstack.services.cloudformation.provider_requests import InterruptedRequestError
from mlfn_localstack.services.cloudformation.provider_responses import ProviderFailureError
from mlfn_localstack.services.cloudformation.resources.handler import (
    HalfMadeError,
    Made,
    Request,
    ResourceType,
)
from mlfn_localstack.services.cloudformation.schema import INTEGER, STRING, TEXTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.services.cloudformation.provider_responses import Answer

_TOKEN, _TIMEOUT = "ServiceToken", "ServiceTimeout"
_MAX_TIMEOUT_S = 3600
_SUBJECT = "AWS CloudFormation custom resource request"
_SERVICES = {"lambda": "Lambda", "sns": "Sns"}


class UnsentRequestError(ToldFailureError):
    """Nobody could be asked."""


class CustomResource(ResourceType):
    """A resource that a provider makes, changes and deletes when it is asked to."""

    properties: ClassVar[Mapping[str, Any]] = {f"{_TOKEN}!": STRING, _TIMEOUT: INTEGER, "*": TEXTS}
    create_only = frozenset({_TOKEN})
    system_tags = False
    shows_properties = False

    def has_attribute(self, name: str) -> bool:
        """Whatever the provider will respond with."""
        return True

    def check_change(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Refuse another provider."""
        if old.get(_TOKEN) != new.get(_TOKEN):
            raise ToldFailureError("Modifying service token is not allowed.")

    async def create(self, request: Request) -> Made:
        """Ask for it; what was never answered for gets an id, by which the provider is asked to remove it."""
        unnamed = request.name(None, limit=128)
        try:
            answer = await _asked(request, "Create")
        except InterruptedRequestError as error:
            raise HalfMadeError("Resource creation cancelled", unnamed) from error
        except ProviderFailureError as error:
            raise HalfMadeError(str(error), error.physical_id or unnamed) from error
        except UnsentRequestError:
            raise
        except ToldFailureError as error:
            raise HalfMadeError(str(error), unnamed) from error
        await request.created(answer.physical_id)
        return _made(answer)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Ask for the change; the response may name another resource, which takes this one's place."""
        if not old:
            answer = request.provider.answered() if request.provider else None
            return _made(answer) if answer else await self.create(request)
        try:
            return _made(await _asked(request, "Update", physical_id, old))
        except InterruptedRequestError as error:
            raise ToldFailureError("Resource update cancelled") from error
        except ProviderFailureError as error:
            raise HalfMadeError(str(error), error.physical_id or physical_id) from error

    async def delete(self, request: Request, physical_id: str) -> None:
        """Ask for its removal."""
        await _asked(request, "Delete", physical_id)
        if request.provider is not None:
            request.provider.forget()


async def _asked(
    request: Request, kind: str, physical_id: str | None = None, old: Mapping[str, Any] | None = None
) -> Answer:
    token, provider = str(request.properties[_TOKEN]), request.provider
    if provider is None:
        raise LookupError("no provider can be asked outside of a stack's operation")
    message: dict[str, Any] = {
        "RequestType": kind,
        _TOKEN: token,
        "StackId": request.stack_id,
        "LogicalResourceId": request.logical_id,
        "ResourceType": request.type,
    }
    if physical_id is not None:
        message["PhysicalResourceId"] = physical_id
    message["ResourceProperties"] = _shown(request.properties)
    if old is not None:
        message["OldResourceProperties"] = _shown(old)

    async def send(addressed: dict[str, Any]) -> None:
        await _send(request, token, json.dumps(addressed))

    return await provider.ask(message, _timeout_s(request.properties), send)


async def _send(request: Request, token: str, text: str) -> None:
    """Hand a request to whoever the token names."""
    service = token.split(":")[2] if token.count(":") >= 5 else ""
    try:
        match service:
            case "lambda":
                asked = {"FunctionName": token, "InvocationType": "Event", "Payload": text.encode()}
                await request.call("lambda", "Invoke", **asked)
            case "sns":
                await request.call("sns", "Publish", TopicArn=token, Subject=_SUBJECT, Message=text)
            case _:
                raise UnsentRequestError("Invalid service token.")
    except ServiceError as error:
        said = f"Service: {_SERVICES[service]}, Status Code: {error.status}, Request ID: {uuid.uuid4()}"
        raise UnsentRequestError(f"{error.message} ({said})") from error


def _timeout_s(properties: Mapping[str, Any]) -> int:
    timeout_s = int(properties.get(_TIMEOUT, _MAX_TIMEOUT_S))
    if not 1 <= timeout_s <= _MAX_TIMEOUT_S:
        raise ToldFailureError(f"{_TIMEOUT} must be from 1 to {_MAX_TIMEOUT_S}.")
    return timeout_s


def _shown(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties as providers get them: every scalar is text."""
    return {name: str(value) if name == _TIMEOUT else value for name, value in properties.items()}


def _made(answer: Answer) -> Made:
    return Made(
        physical_id=answer.physical_id,
        attributes=answer.data,
        is_secret=answer.is_secret,
        request_id=answer.request_id,
    )
