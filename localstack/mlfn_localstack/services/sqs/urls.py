"""Queue URLs: how the API names queues.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
"""

from __future__ import annotations

import re

_URL = re.compile(
    r"https?://(?:sqs\.(?P<region>[a-z0-9-]+)\.amazonaws\.com|[^/]+)/(?P<account>\d{12})/(?P<name>[^/]+)/?"
)


def url_of(arn: str) -> str:
    """The URL of the queue that an ARN names, as AWS has it; the emulator takes it, too."""
    region, account, name = arn.split(":", 5)[3:]
    return f"https://sqs.{region}.amazonaws.com/{account}/{name}"


def named_by(url: str) -> tuple[str | None, str, str] | None:
    """The region (None: whatever answers), account and name that a queue URL stands for; None if it is none."""
    match = _URL.fullmatch(url)
    return None if match is None else (match["region"], match["account"], match["name"])
