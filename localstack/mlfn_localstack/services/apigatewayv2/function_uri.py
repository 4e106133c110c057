"""Lambda functions as integrations name them."""

from __future__ import annotations

import re

from mlfn_localstack.services.apigatewayv2 import errors

_FUNCTION = r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[a-zA-Z0-9-_]+(?::[a-zA-Z0-9$_-]+)?"
_PLAIN = re.compile(_FUNCTION)
_INVOCATION = re.compile(
    rf"arn:aws[a-z-]*:apigateway:[a-z0-9-]+:lambda:path/2015-03-31/functions/({_FUNCTION})/invocations"
)


def function_arn(uri: str) -> str:
    """The function (version, alias) of an IntegrationUri, which is its ARN or API Gateway's invocation path.

    Raises:
        ServiceError: it is neither.
    """
    if _PLAIN.fullmatch(uri):
        return uri
    match = _INVOCATION.fullmatch(uri)
    if match is None:
        raise errors.bad_request("Invalid function ARN or invalid uri")
    return match[1]
