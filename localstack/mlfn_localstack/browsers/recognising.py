"""Which requests to S3 are a browser's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlfn_localstack.routing import bucket_in_host

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest

_BUCKET_PATH = re.compile(r"/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/?")


def comes_from_a_browser(request: HttpRequest) -> bool:
    """Whether a request to S3 needs more than its operation's answer."""
    return "origin" in request.fields or request.method == "OPTIONS" or is_form(request)


def is_form(request: HttpRequest) -> bool:
    """Whether an unsigned request posts to a bucket."""
    if request.method != "POST" or request.raw_query or "authorization" in request.fields:
        return False
    if bucket_in_host(request.fields.get("host", "")) is not None:
        return request.raw_path == "/"
    return _BUCKET_PATH.fullmatch(request.raw_path) is not None
