"""AWS::Include: parts of templates that lie in S3.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/create-reusable-transform-function-snippets-and-add-to-your-template-with-aws-include-transform.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.errors import validation_error
from mlfn_localstack.services.cloudformation.parse import parse_snippet
from mlfn_localstack.services.cloudformation.places_in_s3 import place_in_s3

if TYPE_CHECKING:
    from mlfn_localstack.services.cloudformation.transforms.expansion import Expansion
    from mlfn_localstack.services.cloudformation.transforms.uses import Use

INCLUDE = "AWS::Include"
_LOCATION = "Location"


async def included(use: Use, fragment: Any, expansion: Expansion) -> Any:
    """What is beside the transform, with what lies at its location.

    Raises:
        ServiceError: ValidationError: there is nothing, or nothing that can be included.
    """
    location = expansion.value(use.parameters.get(_LOCATION))
    bucket, key = _place(location) if isinstance(location, str) else ("", "")
    if not bucket or not key:
        raise _failed("The location parameter is not a valid S3 uri.")
    try:
        answer = await expansion.call("s3", "GetObject", {"Bucket": bucket, "Key": key})
    except ServiceError as error:
        raise _failed(_missing(error, bucket)) from error
    body = answer["Body"]
    content = parse_snippet((body if isinstance(body, bytes) else body.read()).decode("utf-8", "replace"))
    if content is None:
        raise _failed("The specified S3 object's content should be valid Yaml/JSON")
    return {**fragment, **content} if isinstance(content, dict) else content


def _place(location: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key`, or of an object's URL."""
    parts = urlsplit(location)
    if parts.scheme == "s3":
        return parts.netloc, unquote(parts.path.lstrip("/"))
    return place_in_s3(location)


def _missing(error: ServiceError, bucket: str) -> str:
    return f"S3 bucket [{bucket}] does not exist." if error.code == "NoSuchBucket" else f"S3 error: {error.message}"


def _failed(why: str) -> ServiceError:
    return validation_error(f"Transform {INCLUDE} failed with: {why}")
