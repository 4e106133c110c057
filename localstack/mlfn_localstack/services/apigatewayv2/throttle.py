"""Token buckets: so many requests a second, with a burst (AWS: "Throttle requests to your HTTP APIs")."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ACCOUNT_RATE = 10_000.0
ACCOUNT_BURST = 5_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Throttle:
    """One bucket per API, stage and route."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str, str], _Bucket] = {}

    def admits(self, api_id: str, stage: Mapping[str, Any], route_key: str) -> bool:
        """Whether one more request fits."""
        settings = {**stage["DefaultRouteSettings"], **stage["RouteSettings"].get(route_key, {})}
        rate = float(settings.get("ThrottlingRateLimit", ACCOUNT_RATE))
        burst = float(settings.get("ThrottlingBurstLimit", ACCOUNT_BURST))
        now = self._clock()
        key = (api_id, stage["StageName"], route_key)
        bucket = self._buckets.setdefault(key, _Bucket(burst, now))
        bucket.tokens = min(burst, bucket.tokens + (now - bucket.filled_at) * rate)
        bucket.filled_at = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True
