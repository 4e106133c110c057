"""The metrics API Gateway publishes of HTTP APIs.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.meter import Meter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Gateway

PRINCIPAL = "apigateway.amazonaws.com"
NAMESPACE = "AWS/ApiGateway"

Served = tuple[str, str | None]
"""An API's id and the stage's name, None where a request matched none."""


class ApiMetrics:
    """Counts requests."""

    def __init__(self, gateway: Gateway) -> None:
        self._meter: Meter[Served] = Meter(gateway, PRINCIPAL, NAMESPACE, _dimension_sets)

    def answered(self, api_id: str, stage: str | None, status: int, latency_ms: float) -> None:
        """A request was answered."""
        served = (api_id, stage)
        self._meter.add(served, "Count", "Count", 1.0)
        self._meter.add(served, "4xx", "Count", 1.0 if 400 <= status < 500 else 0.0)
        self._meter.add(served, "5xx", "Count", 1.0 if status >= 500 else 0.0)
        self._meter.add(served, "Latency", "Milliseconds", round(latency_ms, 2 if latency_ms < 10 else 0))

    async def stop(self) -> None:
        """Publish the rest."""
        await self._meter.stop()


def _dimension_sets(served: Served) -> list[Mapping[str, str]]:
    api_id, stage = served
    sets: list[Mapping[str, str]] = [{"ApiId": api_id}]
    return sets if stage is None else [*sets, {"ApiId": api_id, "Stage": stage}]
