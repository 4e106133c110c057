"""Tags of buckets and objects.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.errors import invalid_argument

if TYPE_CHECKING:
    from collections.abc import Iterable

_SYSTEM = "aws:cloudformation:"
_MAX_OBJECT_TAGS = 10
_MAX_BUCKET_TAGS = 50
_MAX_KEY = 128
_MAX_VALUE = 256
_PUNCTUATION = frozenset("_.:/=+-@")


def bucket_tags(tags: list[dict[str, str]], *, by_service: bool) -> None:
    """Refuse what cannot be a bucket's tags; those of CloudFormation only CloudFormation sets.

    Raises:
        ServiceError: InvalidTag or BadRequest.
    """
    if len(tags) > _MAX_BUCKET_TAGS:
        raise ServiceError("BadRequest", f"Bucket tag count cannot be greater than {_MAX_BUCKET_TAGS}")
    pairs = [(tag["Key"], tag["Value"]) for tag in tags if not (by_service and tag["Key"].startswith(_SYSTEM))]
    _check(pairs, "System tags cannot be added/updated by requester")


def object_tags(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """The tags, if S3 allows an object them.

    Raises:
        ServiceError: InvalidTag or BadRequest.
    """
    if len(pairs) > _MAX_OBJECT_TAGS:
        raise ServiceError("BadRequest", f"Object tags cannot be greater than {_MAX_OBJECT_TAGS}")
    _check(pairs, "Your TagKey cannot be prefixed with aws:")
    return dict(pairs)


def tags_of_header(header: str) -> dict[str, str]:
    """The tags in `x-amz-tagging`, written as a query string.

    Raises:
        ServiceError: InvalidArgument, InvalidTag or BadRequest.
    """
    pairs = parse_qsl(header, keep_blank_values=True)
    twice = len({key for key, _ in pairs}) < len(pairs)
    if twice or not all(_is_allowed(key) and _is_allowed(value) for key, value in pairs):
        message = (
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag "
            "name duplicates."
        )
        raise invalid_argument(message, name="x-amz-tagging", value=header)
    return object_tags(pairs)


def _check(pairs: Iterable[tuple[str, str]], reserved: str) -> None:
    seen: set[str] = set()
    for key, value in pairs:
        if key in seen:
            raise _invalid("Cannot provide multiple Tags with the same key", TagKey=key)
        if key.lower().startswith("aws:"):
            raise _invalid(reserved, TagKey=key)
        if not 0 < len(key) <= _MAX_KEY or not _is_allowed(key):
            raise _invalid("The TagKey you have provided is invalid", TagKey=key)
        if len(value) > _MAX_VALUE or not _is_allowed(value):
            raise _invalid("The TagValue you have provided is invalid", TagKey=key, TagValue=value)
        seen.add(key)


def _is_allowed(text: str) -> bool:
    """Letters, numbers, separators of any script, and a few signs."""
    return all(char in _PUNCTUATION or unicodedata.category(char)[0] in "LNZ" for char in text)


def _invalid(message: str, **fields: str) -> ServiceError:
    return ServiceError("InvalidTag", message, fields=fields)
