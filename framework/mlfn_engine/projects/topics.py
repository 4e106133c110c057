"""The SNS topic that a stage of `pyproject.toml` names for what its pipelines ask people."""

from __future__ import annotations

import re
from typing import Any

from mlfn.errors import DiscoveryError

SETTING = "questions-topic"
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}")


def questions_topic(where: str, settings: dict[str, Any]) -> str:
    """Its ARN; empty if none is named.

    Raises:
        DiscoveryError: it names no standard topic.
    """
    value = settings.get(SETTING, "")
    if isinstance(value, str) and (not value or _TOPIC.fullmatch(value)):
        return value
    raise DiscoveryError(
        f"{where}: {SETTING} = {value!r} cannot be: it takes the ARN of a standard SNS topic.",
        hint=f'Write {SETTING} = "arn:aws:sns:eu-central-1:123456789012:approvals".',
    )
