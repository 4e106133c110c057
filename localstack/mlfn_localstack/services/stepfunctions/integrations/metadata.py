"""What optimised integrations add to a result: the HTTP answer's headers and request id."""

from __future__ import annotations

import uuid
from email.utils import formatdate
from typing import Any


def with_metadata(result: dict[str, Any], content_type: str, length: int, extra: dict[str, str] | None = None) -> Any:
    """A result with `SdkHttpMetadata` and `SdkResponseMetadata`, members sorted as AWS's are."""
    request_id = str(uuid.uuid4())
    headers = {
        "Connection": "keep-alive",
        "Content-Length": str(length),
        "Content-Type": content_type,
        "Date": formatdate(usegmt=True),
        **(extra or {}),
        "x-amzn-RequestId": request_id,
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
