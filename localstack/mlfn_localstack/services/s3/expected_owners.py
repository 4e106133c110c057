"""Requests that name the account whose bucket they mean.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_ACCOUNT = re.compile(r"[0-9]{12}")


def owned(operation: Operation) -> Operation:
    """The operation, which refuses requests that expect another owner; those that expect none pay nothing."""

    def checked(context: RequestContext, params: Params) -> Awaitable[Result]:
        if "ExpectedBucketOwner" in params or "ExpectedSourceBucketOwner" in params:
            for name in ("ExpectedBucketOwner", "ExpectedSourceBucketOwner"):
                _check(params.get(name, context.account_id), context.account_id)
        return operation(context, params)

    return checked


def _check(expected: str, actual: str) -> None:
    if not _ACCOUNT.fullmatch(expected):
        message = f"The value of the expected bucket owner parameter must be an AWS Account ID... [{expected}]"
        raise ServiceError("InvalidBucketOwnerAWSAccountID", message)
    if expected != actual:
        raise ServiceError("AccessDenied", "Access Denied", status=403)
