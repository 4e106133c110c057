"""Browsers' requests to S3: asked for permission, sent as a form, or come from a page of another origin."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

from mlfn_localstack.api import refusal
from mlfn_localstack.browsers.cors import answer_headers, preflight
from mlfn_localstack.browsers.multipart import BadFormError, body_of, boundary_of, parse_form
from mlfn_localstack.browsers.policies import check_policy
from mlfn_localstack.browsers.recognising import is_form
from mlfn_localstack.browsers.tag_documents import read_tagging
from mlfn_localstack.browsers.uploads import answer, content, forget, location_of, put_params, upload_of
from mlfn_localstack.http import HttpResponse
from mlfn_localstack.identifiers import request_id as new_request_id
from mlfn_localstack.protocols import wire_protocol
from mlfn_localstack.request_contexts import context_of
from mlfn_localstack.routing import bucket_in_host
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mlfn_localstack.auth.authorizer import Authorizer
    from mlfn_localstack.auth.sigv4 import SigV4Authenticator
    from mlfn_localstack.browsers.multipart import Form
    from mlfn_localstack.browsers.uploads import Upload
    from mlfn_localstack.emulator import Emulator
    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.service import RequestContext

_OPERATION = "PostObject"
_Made = TypeVar("_Made")


class Browsers:
    """Answers what browsers ask of S3."""

    def __init__(self, emulator: Emulator, authenticator: SigV4Authenticator, authorizer: Authorizer) -> None:
        self._emulator = emulator
        self._authenticator = authenticator
        self._authorizer = authorizer
        self._buckets = emulator.environment.store.documents("s3-bucket")

    async def answer(self, request: HttpRequest, usual: Callable[[], Awaitable[HttpResponse]]) -> HttpResponse:
        """The answer, which a page of another origin may read where a rule says so; `usual` is the operation's."""
        request_id = new_request_id()
        name, key = _place(request)
        bucket = self._buckets.get(name)
        try:
            if request.method == "OPTIONS":
                allowed = preflight(request, bucket, is_object=bool(key))
                return HttpResponse(status=200, headers=(*_identity(request_id), *allowed))
            response = await self._take(request, request_id, name) if is_form(request) else await usual()
        except Exception as error:
            response = refusal(wire_protocol("s3"), request_id, error)
        return response._replace(headers=(*response.headers, *answer_headers(request, bucket)))

    async def _take(self, request: HttpRequest, request_id: str, bucket: str) -> HttpResponse:
        """Put a form's file."""
        boundary = boundary_of(request.fields.get("content-type", ""))
        if boundary is None:
            condition = "Bucket POST must be of the enclosure-type multipart/form-data"
            message = "At least one of the pre-conditions you specified did not hold"
            raise ServiceError("PreconditionFailed", message, status=412, fields={"Condition": condition})
        with body_of(request) as body:
            try:
                form = await _aside(request, parse_form, body, boundary)
            except BadFormError as error:
                message = "The body of your POST request is not well-formed multipart/form-data."
                raise ServiceError("MalformedPOSTRequest", message) from error
            upload = upload_of(form, bucket)
            context = self._admitted(request, request_id, form, upload)
            params = put_params(upload) | read_tagging(upload.fields)
            self._authorizer.authorize(context, params)
            params["Body"] = await _aside(request, content, body, form, request)
        try:
            result = await self._emulator.dispatch(context, params)
        finally:
            forget(params["Body"])
        return answer(upload, result, location_of(upload, context.endpoint), request_id)

    def _admitted(self, request: HttpRequest, request_id: str, form: Form, upload: Upload) -> RequestContext:
        """Who sends the form, if its policy is theirs and allows it."""
        fields = form.fields
        if "policy" not in fields:
            raise ServiceError("AccessDenied", "Access Denied", status=403)
        caller = self._authenticator.verify_form(fields)
        named = {**fields, "key": upload.key, "bucket": upload.bucket}
        check_policy(fields["policy"], named, upload.size, datetime.now(UTC))
        return context_of(self._emulator.environment, request, ("s3", _OPERATION), caller, request_id)


async def _aside(request: HttpRequest, work: Callable[..., _Made], *args: Any) -> _Made:
    """What work makes of a body, done beside everything else if that is long enough to be in a file."""
    return work(*args) if request.spooled is None else await asyncio.to_thread(work, *args)


def _place(request: HttpRequest) -> tuple[str, str]:
    """The bucket and key that a request is about."""
    bucket = bucket_in_host(request.fields.get("host", ""))
    path = unquote(request.raw_path.removeprefix("/"))
    if bucket is not None:
        return bucket, path
    name, _, key = path.partition("/")
    return name, key


def _identity(request_id: str) -> tuple[tuple[str, str], ...]:
    return (("x-amz-request-id", request_id), ("x-amz-id-2", request_id))
