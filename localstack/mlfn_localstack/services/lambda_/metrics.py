"""The metrics Lambda publishes of its functions.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mlfn_localstack.meter import Meter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Gateway
    from mlfn_localstack.services.lambda_.names import FunctionReference

PRINCIPAL = "lambda.amazonaws.com"
NAMESPACE = "AWS/Lambda"


class Called(NamedTuple):
    """What a call was of: the function, the qualifier it was asked for by, the version that ran.

    A tuple, since it is hashed several times in every call.
    """

    name: str
    qualifier: str | None
    version: str


class LambdaMetrics:
    """Counts calls."""

    def __init__(self, gateway: Gateway) -> None:
        self._meter: Meter[Called] = Meter(gateway, PRINCIPAL, NAMESPACE, _dimension_sets)

    def began(self, called: Called, running: int) -> None:
        """A call was let in; so many of the function now run."""
        self._meter.add(called, "ConcurrentExecutions", "Count", float(running))

    def ended(self, called: Called, *, failed: bool, duration_ms: float) -> None:
        """A call is over."""
        self._meter.add(called, "Invocations", "Count", 1.0)
        self._meter.add(called, "Errors", "Count", 1.0 if failed else 0.0)
        self._meter.add(called, "Duration", "Milliseconds", round(duration_ms, 2 if duration_ms < 10 else 0))

    def throttled(self, called: Called) -> None:
        """A call was not let in."""
        self._meter.add(called, "Throttles", "Count", 1.0)

    def undelivered(self, called: Called, metric: str) -> None:
        """A record (`DestinationDeliveryFailures`) or an event (`DeadLetterErrors`) reached nobody."""
        self._meter.add(called, metric, "Count", 1.0)

    async def stop(self) -> None:
        """Publish the rest."""
        await self._meter.stop()


def called_by(reference: FunctionReference, version: str) -> Called:
    """What a call by this reference is of."""
    return Called(reference.name, reference.qualifier, version)


def _dimension_sets(called: Called) -> list[Mapping[str, str]]:
    """All functions together, the function, what was asked for and, for an alias, which version it gave."""
    resource = f"{called.name}:{called.qualifier}" if called.qualifier else called.name
    one = {"FunctionName": called.name, "Resource": resource}
    sets: list[Mapping[str, str]] = [{}, {"FunctionName": called.name}, one]
    if called.qualifier and called.qualifier != called.version:
        sets.append({**one, "ExecutedVersion": called.version})
    return sets
