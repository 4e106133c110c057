"""What an alarm sends to a function.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

ACTION_PRINCIPAL = "lambda.alarms.cloudwatch.amazonaws.com"


def notification(alarm: dict[str, Any], before: dict[str, Any], account_id: str, region: str) -> dict[str, Any]:
    """The event of a change of state."""
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm["AlarmArn"],
        "accountId": account_id,
        "time": shown_time(alarm["StateUpdatedTimestamp"]),
        "region": region,
        "alarmData": {
            "alarmName": alarm["AlarmName"],
            "state": _state(alarm),
            "previousState": _state(before),
            "configuration": _configuration(alarm),
        },
    }


def _state(alarm: dict[str, Any]) -> dict[str, Any]:
    state = {
        "value": alarm["StateValue"],
        "reason": alarm["StateReason"],
        "timestamp": shown_time(alarm["StateUpdatedTimestamp"]),
    }
    return state | ({"reasonData": alarm["StateReasonData"]} if "StateReasonData" in alarm else {})


def _configuration(alarm: dict[str, Any]) -> dict[str, Any]:
    if "AlarmRule" in alarm:
        return {**_description(alarm), "alarmRule": alarm["AlarmRule"]}
    metrics = [_query(query) for query in alarm["Metrics"]] if "Metrics" in alarm else [_metric(alarm)]
    return {**_description(alarm), "metrics": metrics}


def _description(alarm: dict[str, Any]) -> dict[str, Any]:
    return {"description": alarm["AlarmDescription"]} if "AlarmDescription" in alarm else {}


def _metric(alarm: dict[str, Any]) -> dict[str, Any]:
    stat = alarm.get("Statistic") or alarm.get("ExtendedStatistic")
    metric = {"Metric": alarm, "Period": alarm["Period"], "Stat": stat}
    return {"id": alarm["AlarmName"], "metricStat": _stat(metric), "returnData": True}


def _query(query: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": query["Id"], "returnData": query.get("ReturnData", True)}
    if "MetricStat" in query:
        shown["metricStat"] = _stat(query["MetricStat"])
    shown |= {name.lower(): query[name] for name in ("Expression", "Label", "Period") if name in query}
    return shown


def _stat(stat: dict[str, Any]) -> dict[str, Any]:
    metric = stat["Metric"]
    dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions", ())}
    named = {"namespace": metric["Namespace"], "name": metric["MetricName"], "dimensions": dimensions}
    return {"metric": named, "period": stat["Period"], "stat": stat["Stat"]}


def shown_time(seconds: float) -> str:
    """A moment as messages about alarms have it."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}+0000"
