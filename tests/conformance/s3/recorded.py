"""Asking S3 for what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

BAD_XML = {
    "Code": "MalformedXML",
    "Message": "The XML you provided was not well-formed or did not validate against our published schema",
}


def refusal(call: Callable[..., Any], **params: Any) -> tuple[int, dict[str, Any]]:
    """The status and error of a call that is refused."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    response: Any = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]


def answer(response: dict[str, Any]) -> dict[str, Any]:
    """What an operation answers beside its metadata."""
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}


def read(s3: Any, **params: Any) -> dict[str, Any]:
    """What GetObject answers, with the object's bytes as its body."""
    response: dict[str, Any] = s3.get_object(**params)
    return response | {"Body": response["Body"].read()}
