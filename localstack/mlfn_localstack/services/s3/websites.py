"""Buckets as websites: what visitors get, who sign nothing and ask for pages by their address.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mlfn_localstack.auth.principals import ANONYMOUS
from mlfn_localstack.http import HttpResponse
from mlfn_localstack.identifiers import request_id
from mlfn_localstack.protocols.timestamps import format_timestamp
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.errors import no_bucket
from mlfn_localstack.services.s3.website_redirects import by_rule, elsewhere, redirected

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.service import Environment, Params, Result
    from mlfn_localstack.services.s3.model import S3State

HOST = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\.s3-website[.-][a-z0-9.-]+"
_BUCKET = re.compile(r"(?P<bucket>.+)\.s3-website[.-]", re.IGNORECASE)
_SENT = {
    "ContentType": "Content-Type",
    "ContentEncoding": "Content-Encoding",
    "ContentDisposition": "Content-Disposition",
    "ContentLanguage": "Content-Language",
    "CacheControl": "Cache-Control",
    "ETag": "ETag",
    "VersionId": "x-amz-version-id",
}
_CONDITIONS = {
    "if-match": "IfMatch",
    "if-none-match": "IfNoneMatch",
    "range": "Range",
}
_TOLD = ("Key", "BucketName", "Method", "ResourceType")


class Websites:
    """Answers visitors."""

    def __init__(self, environment: Environment, state: S3State) -> None:
        self._gateway = environment.gateway
        self._state = state

    async def handle(self, request: HttpRequest) -> HttpResponse:
        """The page, or why there is none; both as HTML."""
        found = _BUCKET.match(request.fields.get("host", ""))
        bucket = found["bucket"].lower() if found else ""
        try:
            return await self._visit(request, bucket)
        except ServiceError as error:
            return _page(error)

    async def _visit(self, request: HttpRequest, bucket: str) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            message = "The specified method is not allowed against this resource."
            fields = {"Method": request.method, "ResourceType": "OBJECT"}
            raise ServiceError("MethodNotAllowed", message, status=405, fields=fields)
        website = self._website(bucket)
        key = unquote(request.raw_path.removeprefix("/"))
        moved = elsewhere(request, website) or by_rule(request, website, key)
        if moved is not None:
            return moved
        suffix = website["IndexDocument"]["Suffix"]
        is_directory = not key or key.endswith("/")
        page = key + suffix if is_directory else key
        try:
            return _sent(await self._object(bucket, page, _conditions(request)))
        except ServiceError as error:
            if error.code not in ("NoSuchKey", "AccessDenied"):
                raise
            if not is_directory and await self._is_there(bucket, f"{key}/{suffix}"):
                return redirected(302, f"/{key}/")
            return by_rule(request, website, page, error.status) or await self._failed(bucket, website, error)

    def _website(self, bucket: str) -> dict[str, Any]:
        kept = self._state.buckets.get(bucket)
        if kept is None:
            raise no_bucket(bucket)
        website: dict[str, Any] | None = kept["Settings"].get("WebsiteConfiguration")
        if website is None:
            message = "The specified bucket does not have a website configuration"
            raise ServiceError("NoSuchWebsiteConfiguration", message, status=404, fields={"BucketName": bucket})
        return website

    async def _failed(self, bucket: str, website: dict[str, Any], error: ServiceError) -> HttpResponse:
        """The website's own page for errors, or, if there is none, S3's."""
        document = website.get("ErrorDocument")
        if document is None:
            raise error
        try:
            return _sent(await self._object(bucket, document["Key"], {}), status=error.status)
        except ServiceError as another:
            return _page(error, another)

    async def _object(self, bucket: str, key: str, conditions: Params) -> Result:
        """An object; that it is not there learns only who may list the bucket."""
        try:
            asked = {"Bucket": bucket, "Key": key, **conditions}
            return await self._gateway.call("s3", "GetObject", asked, principal=ANONYMOUS)
        except ServiceError as error:
            if error.code == "NoSuchKey":
                await self._gateway.call("s3", "HeadBucket", {"Bucket": bucket}, principal=ANONYMOUS)
            raise

    async def _is_there(self, bucket: str, key: str) -> bool:
        try:
            await self._gateway.call("s3", "HeadObject", {"Bucket": bucket, "Key": key}, principal=ANONYMOUS)
        except ServiceError:
            return False
        return True


def _conditions(request: HttpRequest) -> Params:
    return {member: request.fields[name] for name, member in _CONDITIONS.items() if name in request.fields}


def _sent(found: Result, status: int | None = None) -> HttpResponse:
    if "WebsiteRedirectLocation" in found:
        found["Body"].close()
        return redirected(301, found["WebsiteRedirectLocation"])
    headers = [(header, found[member]) for member, header in _SENT.items() if member in found]
    headers.append(("Last-Modified", str(format_timestamp(found["LastModified"], "rfc822"))))
    if "ContentRange" in found:
        headers.append(("Content-Range", found["ContentRange"]))
    return HttpResponse(
        status=status or found.get("HttpStatus", 200), headers=(*headers, *_identity()), file=found["Body"]
    )


def _page(error: ServiceError, another: ServiceError | None = None) -> HttpResponse:
    """An error as S3 tells people of it; `another` kept the website's own page from them."""
    if error.status == HTTPStatus.NOT_MODIFIED:
        return HttpResponse(status=error.status, headers=(*error.fields.get("Headers", ()), *_identity()))
    title = f"{error.status} {HTTPStatus(error.status).phrase}"
    identity = _identity()
    told = [*_items(error), f"<li>RequestId: {identity[0][1]}</li>", f"<li>HostId: {identity[1][1]}</li>"]
    lines = ["<html>", f"<head><title>{title}</title></head>", "<body>", f"<h1>{title}</h1>", "<ul>", *told, "</ul>"]
    if another is not None:
        heading = "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>"
        lines += [heading, "<ul>", *_items(another), "</ul>"]
    body = "\n".join((*lines, "<hr/>", "</body>", "</html>", ""))
    headers = (
        ("Content-Type", "text/html; charset=utf-8"),
        ("x-amz-error-code", error.code),
        ("x-amz-error-message", error.message),
        *identity,
    )
    return HttpResponse(status=error.status, headers=headers, body=body.encode())


def _items(error: ServiceError) -> list[str]:
    import html  # noqa: PLC0415 - brings the names of 2,000 characters

    told = {"Code": error.code, "Message": error.message}
    told |= {name: str(error.fields[name]) for name in _TOLD if name in error.fields}
    return [f"<li>{name}: {html.escape(value)}</li>" for name, value in told.items()]


def _identity() -> tuple[tuple[str, str], tuple[str, str]]:
    made = request_id()
    return ("x-amz-request-id", made), ("x-amz-id-2", made)
