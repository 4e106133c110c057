"""AWS::CloudWatch::Alarm, ::CompositeAlarm and ::Dashboard through CloudWatch's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.services.cloudformation.resources.handler import Made, Request, ResourceType, tag_change
from mlfn_localstack.services.cloudformation.schema import BOOLEAN, INTEGER, NUMBER, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

_DIMENSIONS = [{"Name!": STRING, "Value!": STRING}]
_METRIC = {"Dimensions": _DIMENSIONS, "MetricName": STRING, "Namespace": STRING}


class Alarm(ResourceType):
    """A metric alarm."""

    properties: ClassVar[Mapping[str, Any]] = {
        "ActionsEnabled": BOOLEAN,
        "AlarmActions": [STRING],
        "AlarmDescription": STRING,
        "AlarmName": STRING,
        "ComparisonOperator!": STRING,
        "DatapointsToAlarm": INTEGER,
        "Dimensions": _DIMENSIONS,
        "EvaluateLowSampleCountPercentile": STRING,
        "EvaluationPeriods!": INTEGER,
        "ExtendedStatistic": STRING,
        "InsufficientDataActions": [STRING],
        "MetricName": STRING,
        "Metrics": [
            {
                "AccountId": STRING,
                "Expression": STRING,
                "Id!": STRING,
                "Label": STRING,
                "MetricStat": {"Metric!": _METRIC, "Period!": INTEGER, "Stat!": STRING, "Unit": STRING},
                "Period": INTEGER,
                "ReturnData": BOOLEAN,
            }
        ],
        "Namespace": STRING,
        "OKActions": [STRING],
        "Period": INTEGER,
        "Statistic": STRING,
        "Tags": TAGS,
        "Threshold": NUMBER,
        "TreatMissingData": STRING,
        "Unit": STRING,
    }
    create_only = frozenset({"AlarmName"})
    attributes = frozenset({"Arn"})
    name_property = "AlarmName"
    identifier = "AlarmName"
    tag_style = "list"
    _operation: ClassVar[str] = "PutMetricAlarm"
    _kind: ClassVar[str] = "MetricAlarm"
    _required: ClassVar[tuple[str, ...]] = ("ComparisonOperator", "EvaluationPeriods")

    async def create(self, request: Request) -> Made:
        """Put it."""
        name = self._name(request)
        await request.call("cloudwatch", self._operation, **{**request.properties, "AlarmName": name})
        await request.created(name)
        return self._made(request, name)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Put it anew; its state stays."""
        given = {key: value for key, value in request.properties.items() if key != "Tags"}
        await request.call("cloudwatch", self._operation, **{**given, "AlarmName": physical_id})
        made, change = self._made(request, physical_id), tag_change(request.properties, old)
        if change.put:
            tags = [{"Key": key, "Value": value} for key, value in change.put.items()]
            await request.call("cloudwatch", "TagResource", ResourceARN=made.attributes["Arn"], Tags=tags)
        if change.removed:
            arn = made.attributes["Arn"]
            await request.call("cloudwatch", "UntagResource", ResourceARN=arn, TagKeys=change.removed)
        return made

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it."""
        await request.call("cloudwatch", "DeleteAlarms", AlarmNames=[physical_id])

    async def find(self, request: Request) -> str | None:
        """The alarm of that name."""
        name = self._name(request)
        return name if await self.read(request, name) is not None else None

    async def read(self, request: Request, physical_id: str) -> dict[str, Any] | None:
        """What the alarm is now."""
        asked = {"AlarmNames": [physical_id], "AlarmTypes": [self._kind]}
        found = (await request.call("cloudwatch", "DescribeAlarms", **asked))[f"{self._kind}s"]
        if not found:
            return None
        alarm = found[0]
        arn = self._made(request, physical_id).attributes["Arn"]
        tags = await request.call("cloudwatch", "ListTagsForResource", ResourceARN=arn)
        return {
            **{name: alarm[name] for name in self.properties if name in alarm},
            **{name: alarm[name] for name in self._required},
            **tags,
        }

    def _name(self, request: Request) -> str:
        return request.name(request.properties.get("AlarmName"), limit=255)

    def _made(self, request: Request, name: str) -> Made:
        arn = f"arn:aws:cloudwatch:{request.region}:{request.account_id}:alarm:{name}"
        return Made(physical_id=name, attributes={"Arn": arn})


class CompositeAlarm(Alarm):
    """An alarm about other alarms."""

    properties: ClassVar[Mapping[str, Any]] = {
        "ActionsEnabled": BOOLEAN,
        "AlarmActions": [STRING],
        "AlarmDescription": STRING,
        "AlarmName": STRING,
        "AlarmRule!": STRING,
        "InsufficientDataActions": [STRING],
        "OKActions": [STRING],
        "Tags": TAGS,
    }
    _operation = "PutCompositeAlarm"
    _kind = "CompositeAlarm"
    _required = ("AlarmRule",)


class Dashboard(ResourceType):
    """A dashboard."""

    properties: ClassVar[Mapping[str, Any]] = {"DashboardBody!": STRING, "DashboardName": STRING}
    create_only = frozenset({"DashboardName"})
    name_property = "DashboardName"

    async def create(self, request: Request) -> Made:
        """Put it."""
        name = self._name(request)
        await self._put(request, name)
        await request.created(name)
        return Made(physical_id=name, attributes={})

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Put it anew."""
        await self._put(request, physical_id)
        return Made(physical_id=physical_id, attributes={})

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it."""
        await request.call("cloudwatch", "DeleteDashboards", DashboardNames=[physical_id])

    async def find(self, request: Request) -> str | None:
        """The dashboard of that name."""
        name = self._name(request)
        answer = await request.call("cloudwatch", "ListDashboards", DashboardNamePrefix=name)
        return name if any(each["DashboardName"] == name for each in answer["DashboardEntries"]) else None

    async def _put(self, request: Request, name: str) -> None:
        body = request.properties["DashboardBody"]
        await request.call("cloudwatch", "PutDashboard", DashboardName=name, DashboardBody=body)

    def _name(self, request: Request) -> str:
        return request.name(request.properties.get("DashboardName"), limit=255)
