"""The codes that errors had when a service still spoke AWS Query; SDKs that know those go by `x-amzn-query-error`.

https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait
"""

from __future__ import annotations

_NAMESPACE = "AWS.SimpleQueueService"
_CODES: dict[str, dict[str, str]] = {
    "cloudwatch": {},
    "sqs": {
        "AccessDeniedException": "AccessDenied",
        "ExpiredTokenException": "ExpiredToken",
        "IncompleteSignatureException": "IncompleteSignature",
        "InvalidSignatureException": "SignatureDoesNotMatch",
        "MissingAuthenticationTokenException": "MissingAuthenticationToken",
        "UnrecognizedClientException": "InvalidClientTokenId",
        "KmsAccessDenied": "KMS.AccessDeniedException",
        "KmsDisabled": "KMS.DisabledException",
        "KmsInvalidKeyUsage": "KMS.InvalidKeyUsageException",
        "KmsInvalidState": "KMS.InvalidStateException",
        "KmsNotFound": "KMS.NotFoundException",
        "QueueDoesNotExist": f"{_NAMESPACE}.NonExistentQueue",
        "QueueNameExists": "QueueAlreadyExists",
        **{
            name: f"{_NAMESPACE}.{name}"
            for name in (
                "BatchEntryIdsNotDistinct",
                "BatchRequestTooLong",
                "EmptyBatchRequest",
                "InvalidBatchEntryId",
                "MessageNotInflight",
                "PurgeQueueInProgress",
                "QueueDeletedRecently",
                "TooManyEntriesInBatchRequest",
                "UnsupportedOperation",
            )
        },
    },
}


_SHAPES = {
    "sqs": {
        "InvalidParameterValue": "InvalidParameterValueException",
        "MissingParameter": "MissingRequiredParameterException",
    }
}


def shape_of(service: str, code: str) -> str:
    """What an error is called in JSON, where that is not its code."""
    return _SHAPES.get(service, {}).get(code, code)


def query_code(service: str, code: str) -> str:
    """An error's old code; the code it has, if the service never spoke AWS Query."""
    return _CODES.get(service, {}).get(code, code)


def query_error(service: str, code: str, status: int) -> tuple[tuple[str, str], ...]:
    """The header with an error's old code and whose fault it is; none for services that never spoke AWS Query."""
    if service not in _CODES:
        return ()
    fault = "Sender" if status < 500 else "Receiver"
    return (("x-amzn-query-error", f"{query_code(service, code)};{fault}"),)
