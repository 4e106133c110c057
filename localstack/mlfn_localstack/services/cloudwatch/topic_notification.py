"""What an alarm sends to a topic.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
"""

from __future__ import annotations

import json
from typing import Any

from mlfn_localstack.services.cloudwatch.notification import shown_time

ALARM_PRINCIPAL = "cloudwatch.amazonaws.com"
_REGIONS = {
    "ap-northeast-1": "Asia Pacific (Tokyo)",
    "ap-southeast-1": "Asia Pacific (Singapore)",
    "ap-southeast-2": "Asia Pacific (Sydney)",
    "eu-central-1": "EU (Frankfurt)",
    "eu-north-1": "EU (Stockholm)",
    "eu-west-1": "EU (Ireland)",
    "eu-west-2": "EU (London)",
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
}
_STATISTICS = {"SampleCount": "SAMPLE_COUNT"}
MAX_SUBJECT = 100


def topic_message(alarm: dict[str, Any], before: dict[str, Any], account_id: str, region: str) -> dict[str, str]:
    """The subject and message of a change of state, as Publish takes them."""
    shown_region = _REGIONS.get(region, region)
    message = {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription"),
        "AWSAccountId": account_id,
        "AlarmConfigurationUpdatedTimestamp": shown_time(alarm["AlarmConfigurationUpdatedTimestamp"]),
        "NewStateValue": alarm["StateValue"],
        "NewStateReason": alarm["StateReason"],
        "StateChangeTime": shown_time(alarm["StateUpdatedTimestamp"]),
        "Region": shown_region,
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": before["StateValue"],
        **{name: alarm[name] for name in ("OKActions", "AlarmActions", "InsufficientDataActions")},
        **_cause(alarm),
    }
    subject = f'{alarm["StateValue"]}: "{alarm["AlarmName"]}" in {shown_region}'
    return {"Subject": subject[:MAX_SUBJECT], "Message": json.dumps(message, separators=(",", ":"))}


def _cause(alarm: dict[str, Any]) -> dict[str, Any]:
    if "AlarmRule" in alarm:
        return {"AlarmRule": alarm["AlarmRule"], "TriggeringChildren": _triggering_children(alarm)}
    return {"Trigger": _trigger(alarm)}


def _trigger(alarm: dict[str, Any]) -> dict[str, Any]:
    rule = {
        "EvaluationPeriods": alarm["EvaluationPeriods"],
        "ComparisonOperator": alarm["ComparisonOperator"],
        "Threshold": alarm["Threshold"],
        "TreatMissingData": alarm.get("TreatMissingData", ""),
        "EvaluateLowSampleCountPercentile": alarm.get("EvaluateLowSampleCountPercentile", ""),
        **({"DatapointsToAlarm": alarm["DatapointsToAlarm"]} if "DatapointsToAlarm" in alarm else {}),
    }
    if "Metrics" in alarm:
        return {**rule, "Metrics": [_query(query) for query in alarm["Metrics"]]}
    extended = alarm.get("ExtendedStatistic")
    kind = "ExtendedStatistic" if extended else "Statistic"
    name = extended or _STATISTICS.get(alarm["Statistic"], alarm["Statistic"].upper())
    return {
        "MetricName": alarm["MetricName"],
        "Namespace": alarm["Namespace"],
        "StatisticType": kind,
        kind: name,
        "Unit": alarm.get("Unit"),
        "Dimensions": _dimensions(alarm),
        "Period": alarm["Period"],
        **rule,
    }


def _query(query: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {name: query[name] for name in ("Id", "Expression", "Label", "Period") if name in query}
    if "MetricStat" in query:
        stat, metric = query["MetricStat"], query["MetricStat"]["Metric"]
        named = {
            "Dimensions": _dimensions(metric),
            "MetricName": metric["MetricName"],
            "Namespace": metric["Namespace"],
        }
        shown["MetricStat"] = {"Metric": named, "Period": stat["Period"], "Stat": stat["Stat"]}
    return {**shown, "ReturnData": query.get("ReturnData", True)}


def _dimensions(metric: dict[str, Any]) -> list[dict[str, str]]:
    return [{"value": one["Value"], "name": one["Name"]} for one in metric.get("Dimensions", ())]


def _triggering_children(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """The alarms that brought a composite alarm into its state, as a topic is told."""
    found = json.loads(alarm.get("StateReasonData") or "{}").get("triggeringAlarms", [])
    return [
        {"Arn": each["arn"], "State": {"Value": each["state"]["value"], "Timestamp": each["state"]["timestamp"]}}
        for each in found
    ]
