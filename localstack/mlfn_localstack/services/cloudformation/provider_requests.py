"""Requests to the providers of custom resources, and the responses that they put at a presigned address.

What was asked, and what came of it, is kept until the resource is asked for something else: a kill changes nothing.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from mlfn_localstack.http import HttpRequest, HttpResponse, Route
from mlfn_localstack.services.cloudformation.arrivals import Arrivals, arrived_body
from mlfn_localstack.services.cloudformation.errors import ToldFailureError
from mlfn_localstack.services.cloudformation.provider_responses import TOO_LONG, Answer, read_answer
from mlfn_localstack.signed_addresses import SignedAddresses

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Mapping

    from mlfn_localstack.service import Environment

_VALID_S = 7200
_NO_RESPONSE = (
    "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [{}]. "
    "If you are using the Python cfn-response module, you may need to update your Lambda function code so that "
    "CloudFormation can attach the updated version."
)


class InterruptedRequestError(Exception):
    """Nobody waits for the response any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a provider is asked."""

    place: str
    """Stack's id and logical id: a resource is asked for one thing at a time."""
    operation: str
    """Names the stack's operation: the same question in the same operation is asked once."""
    message: Mapping[str, Any]
    timeout_s: int

    @property
    def fingerprint(self) -> str:
        """The same for the same question alone."""
        text = json.dumps([self.operation, self.message], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Whoever is asked for one resource, in one operation of its stack."""

    requests: ProviderRequests
    place: str
    operation: str
    interruption: asyncio.Event

    async def ask(
        self, message: Mapping[str, Any], timeout_s: int, send: Callable[[dict[str, Any]], Awaitable[None]]
    ) -> Answer:
        """As `ProviderRequests.ask`."""
        question = Question(place=self.place, operation=self.operation, message=message, timeout_s=timeout_s)
        return await self.requests.ask(question, send, self.interruption)

    def answered(self) -> Answer | None:
        """As `ProviderRequests.answered`."""
        return self.requests.answered(self.place)

    def forget(self) -> None:
        """As `ProviderRequests.forget`."""
        self.requests.forget(self.place)


class ProviderRequests:
    """Every request that is under way, or was the last of its resource."""

    def __init__(self, environment: Environment) -> None:
        self._store = environment.store
        self._kept = environment.store.documents("cloudformation.provider_requests")
        self._addresses = SignedAddresses(environment.store, "cloudformation.provider_key")
        self._endpoint = environment.endpoint
        self._prefix = f"/cloudformation-custom-resource-response-{environment.region.replace('-', '')}/"
        self._arrivals = Arrivals()

    def route(self) -> Route:
        """Where responses are put."""
        return Route(prefix=self._prefix, handler=self.receive)

    async def ask(
        self, question: Question, send: Callable[[dict[str, Any]], Awaitable[None]], interruption: asyncio.Event
    ) -> Answer:
        """What the provider says of a success.

        Raises:
            ToldFailureError: it says that it failed, says nothing in time, or nothing that can be understood.
            InterruptedRequestError: the response is of no interest any more.
        """
        kept = await self._opened(question)
        if not kept["Sent"]:
            await self._send(question, kept, send)
        answer = await self._answer(question.place, kept, interruption)
        if isinstance(answer, ToldFailureError):
            self._kept.delete(question.place)  # who tries once more, asks once more
            raise answer
        return answer

    async def _send(
        self, question: Question, kept: dict[str, Any], send: Callable[[dict[str, Any]], Awaitable[None]]
    ) -> None:
        try:
            await send({**question.message, **self._addressed(question.place, kept["RequestId"])})
        except ToldFailureError:
            self._kept.delete(question.place)
            raise
        # by now it may have been answered
        self._kept.put(question.place, (self._kept.get(question.place) or kept) | {"Sent": True})

    def answered(self, place: str) -> Answer | None:
        """What the provider last said of a resource, if that was a success."""
        kept = self._kept.get(place)
        if kept is None or kept["Response"] is None:
            return None
        answer = read_answer(kept["Response"], kept["RequestId"])
        return answer if isinstance(answer, Answer) else None

    def forget(self, place: str) -> None:
        """Keep nothing of a resource that is gone."""
        self._kept.delete(place)
        self._arrivals.forget(place)

    async def receive(self, request: HttpRequest) -> HttpResponse:
        """Take a response, as S3 takes an object at a presigned address."""
        name = unquote(request.raw_path.removeprefix(self._prefix))
        refusal = self._addresses.refusal(name, request.raw_query if request.method == "PUT" else "")
        if refusal is not None:
            return refusal
        stack_id, logical_id, request_id = name.rsplit("|", 2)
        await self._take(f"{stack_id}/{logical_id}", request_id, _text(request))
        digest = hashlib.md5(request.body, usedforsecurity=False).hexdigest()
        return HttpResponse(status=200, headers=(("ETag", f'"{digest}"'),))

    async def _take(self, place: str, request_id: str, text: str) -> None:
        """Keep a response; a second one, or one that nobody waits for, changes nothing."""
        kept = self._kept.get(place)
        if kept is None or kept["RequestId"] != request_id or kept["Response"] is not None:
            return
        self._kept.put(place, kept | {"Response": text})
        await self._store.durable()
        self._arrivals.tell(place)

    async def _opened(self, question: Question) -> dict[str, Any]:
        """The request as it is kept: a new one, or the one that was under way when the emulator stopped."""
        kept = self._kept.get(question.place)
        if kept is not None and kept["Fingerprint"] == question.fingerprint:
            found: dict[str, Any] = kept
            return found
        fresh = {
            "Fingerprint": question.fingerprint,
            "RequestId": str(uuid.uuid4()),
            "EndsAt": time.time() + question.timeout_s,
            "Sent": False,
            "Response": None,
        }
        self._kept.put(question.place, fresh)
        await self._store.durable()
        return fresh

    async def _answer(
        self, place: str, kept: Mapping[str, Any], interruption: asyncio.Event
    ) -> Answer | ToldFailureError:
        if self._response(place) is None:
            await self._arrivals.wait(place, interruption, within_s=kept["EndsAt"] - time.time())
        text = self._response(place)
        if text is not None:
            return read_answer(text, kept["RequestId"])
        if interruption.is_set():
            raise InterruptedRequestError
        return ToldFailureError(_NO_RESPONSE.format(kept["RequestId"]))

    def _response(self, place: str) -> str | None:
        kept = self._kept.get(place)
        return kept["Response"] if kept else None

    def _addressed(self, place: str, request_id: str) -> dict[str, str]:
        stack_id, logical_id = place.rsplit("/", 1)
        name = f"{stack_id}|{logical_id}|{request_id}"
        url = f"{self._endpoint}{self._prefix}{quote(name, safe='')}?{self._addresses.query(name, _VALID_S)}"
        return {"RequestId": request_id, "ResponseURL": url}


def _text(request: HttpRequest) -> str:
    body = arrived_body(request)
    return TOO_LONG if body is None else body.decode(errors="replace")
