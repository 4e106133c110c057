"""What optimised integrations add to a result: the HTTP answer's headers and request id, as each service sends them."""

from __future__ import annotations

import secrets
import time
import uuid
import zlib
from email.utils import formatdate
from typing import Any

from mlfn_localstack.services.stepfunctions.asl.json_text import dump

_JSON = "application/x-amz-json-1.0"


def lambda_metadata(result: dict[str, Any], payload: str) -> dict[str, Any]:
    """Invoke's result, whose HTTP body was `payload`."""
    trace = f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Sampled=0"
    headers = {
        "X-Amz-Executed-Version": result["ExecutedVersion"],
        "x-amzn-Remapped-Content-Length": "0",
        "Connection": "keep-alive",
        "X-Amzn-Trace-Id": trace,
    }
    if "LogResult" in result:
        headers = {"X-Amz-Log-Result": result["LogResult"], **headers}
    return _with_metadata(result, headers, "application/json", len(payload.encode()))


def dynamodb_metadata(result: dict[str, Any]) -> dict[str, Any]:
    """A result of DynamoDB, which adds a checksum."""
    body = dump(result).encode()
    headers = {"Server": "Server", "Connection": "keep-alive", "x-amz-crc32": str(zlib.crc32(body))}
    return _with_metadata(result, headers, _JSON, len(body))


def sqs_metadata(result: dict[str, Any]) -> dict[str, Any]:
    """A result of SQS."""
    return _with_metadata(result, {"connection": "keep-alive"}, _JSON, len(dump(result).encode()))


def sns_metadata(result: dict[str, Any]) -> dict[str, Any]:
    """A result of SNS, which answers in XML."""
    return _with_metadata(result, {"connection": "keep-alive"}, "text/xml", len(dump(result).encode()))


def states_metadata(result: dict[str, Any]) -> dict[str, Any]:
    """A result of Step Functions."""
    return _with_metadata(result, {"connection": "keep-alive"}, _JSON, len(dump(result).encode()))


def _with_metadata(result: dict[str, Any], own: dict[str, str], content_type: str, length: int) -> dict[str, Any]:
    request_id = str(uuid.uuid4())
    headers = {
        **own,
        "x-amzn-RequestId": request_id,
        "Content-Length": str(length),
        "Date": formatdate(usegmt=True),
        "Content-Type": content_type,
    }
    metadata: dict[str, Any] = {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": 200,
        },
        "SdkResponseMetadata": {"RequestId": request_id},
    }
    return dict(sorted({**result, **metadata}.items()))
