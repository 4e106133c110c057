"""What tells topics and queues that keep an order from others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SUFFIX = ".fifo"


def is_fifo(topic: Mapping[str, Any]) -> bool:
    """Whether a topic keeps the order of its groups."""
    return bool(topic["Attributes"].get("FifoTopic") == "true")
