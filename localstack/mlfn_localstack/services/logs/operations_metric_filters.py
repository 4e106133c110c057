"""Put-, Describe- and DeleteMetricFilter(s)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.page_tokens import place_of
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.logs.errors import invalid
from mlfn_localstack.services.logs.json_patterns import PatternSyntaxError
from mlfn_localstack.services.logs.model import now_ms
from mlfn_localstack.services.logs.names import check_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.logs.metric_filters import MetricFilter, MetricFilters
    from mlfn_localstack.services.logs.model import LogsState

_DEFAULT_PAGE = 50
_MAX_PER_GROUP = 100
_UNSUPPORTED = ("applyOnTransformedLogs", "fieldSelectionCriteria", "emitSystemFieldDimensions")


class MetricFilterOperations:
    """Filters that make metrics of a group's events."""

    def __init__(self, state: LogsState, filters: MetricFilters) -> None:
        self._state = state
        self._filters = filters

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "DeleteMetricFilter": self.delete,
            "DescribeMetricFilters": self.describe,
            "PutMetricFilter": self.put,
        }

    async def put(self, context: RequestContext, params: Params) -> Result:
        """A filter is there, or is changed."""
        check_name(params["logGroupName"], "logGroupName")
        group, name = self._state.group(params)["logGroupName"], params["filterName"]
        given = [member for member in _UNSUPPORTED if params.get(member)]
        if given:
            raise invalid(f"The emulator does not support {', '.join(given)} of metric filters.")
        _check(params)
        others = {document["filterName"]: document for document in self._filters.filters(group)}
        old = others.pop(name, None)
        if len(others) >= _MAX_PER_GROUP:
            raise ServiceError("LimitExceededException", "Resource limit exceeded.")
        document: MetricFilter = {
            "filterName": name,
            "logGroupName": group,
            "filterPattern": params["filterPattern"],
            "metricTransformations": params["metricTransformations"],
            "applyOnTransformedLogs": False,
            "creationTime": old["creationTime"] if old else now_ms(),
        }
        try:
            self._filters.put(document)
        except PatternSyntaxError as error:
            raise invalid(f"Invalid filter pattern: {error}") from error
        return {}

    async def describe(self, context: RequestContext, params: Params) -> Result:
        """A group's filters, or those that make a metric, or all."""
        group = self._state.group(params)["logGroupName"] if "logGroupName" in params else None
        wanted = {name: params[name] for name in ("metricName", "metricNamespace") if name in params}
        found = [
            document
            for document in self._filters.filters(group, params.get("filterNamePrefix", ""))
            if wanted.items() <= document["metricTransformations"][0].items()
        ]
        start = place_of(params.get("nextToken")) or 0
        end = start + params.get("limit", _DEFAULT_PAGE)
        page: Result = {"metricFilters": found[start:end]}
        return page | {"nextToken": str(end)} if end < len(found) else page

    async def delete(self, context: RequestContext, params: Params) -> Result:
        """A filter goes; its metric stays."""
        check_name(params["logGroupName"], "logGroupName")
        group = self._state.group(params)["logGroupName"]
        for document in self._filters.filters(group):
            if document["filterName"] == params["filterName"]:
                self._filters.delete(document)
                return {}
        raise ServiceError("ResourceNotFoundException", "The specified metric filter does not exist.")


def _check(params: Params) -> None:
    (transformation,) = params["metricTransformations"]
    if transformation.get("dimensions") and "defaultValue" in transformation:
        raise invalid("Invalid metric transformation: dimensions and default value are mutually exclusive properties.")
