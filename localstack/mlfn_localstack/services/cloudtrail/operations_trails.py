"""Trails: made, described, switched on and off."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.cloudtrail import errors
from mlfn_localstack.services.cloudtrail.delivery import check_bucket, deliver_all
from mlfn_localstack.services.cloudtrail.selection import DEFAULT_SELECTORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.cloudtrail.model import Trail, TrailState

_SETTINGS = ("S3BucketName", "S3KeyPrefix", "IncludeGlobalServiceEvents", "IsMultiRegionTrail")
_UNSUPPORTED = ("SnsTopicName", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn", "KmsKeyId", "IsOrganizationTrail")
_DATA_TYPES = ("AWS::DynamoDB::Table", "AWS::Lambda::Function", "AWS::S3::Object")
_HIDDEN = ("Selectors", "Tags", "Status")


class TrailOperations:
    """CreateTrail and its neighbours."""

    def __init__(self, state: TrailState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "AddTags": self.add_tags,
            "CreateTrail": self.create,
            "DeleteTrail": self.delete,
            "DescribeTrails": self.describe,
            "GetEventSelectors": self.get_selectors,
            "GetTrail": self.get,
            "GetTrailStatus": self.status,
            "ListTags": self.list_tags,
            "ListTrails": self.list,
            "PutEventSelectors": self.put_selectors,
            "RemoveTags": self.remove_tags,
            "StartLogging": self.start,
            "StopLogging": self.stop,
            "UpdateTrail": self.update,
        }

    async def create(self, context: RequestContext, params: Params) -> Result:
        """A new trail, which does not log yet."""
        _check_supported(params)
        name = params["Name"]
        if self._state.trails.get(name) is not None:
            raise errors.exists(name, context.account_id)
        trail: Trail = {
            "Name": name,
            "IncludeGlobalServiceEvents": True,
            "IsMultiRegionTrail": False,
            **{member: params[member] for member in _SETTINGS if member in params},
            "HomeRegion": context.region,
            "TrailARN": self._state.arn(name),
            "LogFileValidationEnabled": params.get("EnableLogFileValidation", False),
            "HasCustomEventSelectors": False,
            "HasInsightSelectors": False,
            "IsOrganizationTrail": False,
            "Selectors": DEFAULT_SELECTORS,
            "Tags": {tag["Key"]: tag.get("Value", "") for tag in params.get("TagsList", ())},
            "Status": {"IsLogging": False},
        }
        check_bucket(self._state, trail)
        self._state.save(trail)
        return _shown(trail)

    async def update(self, context: RequestContext, params: Params) -> Result:
        """Change a trail's bucket, prefix or flags."""
        _check_supported(params)
        changes = {member: params[member] for member in _SETTINGS if member in params}
        if "EnableLogFileValidation" in params:
            changes["LogFileValidationEnabled"] = params["EnableLogFileValidation"]
        trail = self._state.trail(params["Name"]) | changes
        check_bucket(self._state, trail)
        self._state.save(trail)
        return _shown(trail)

    async def describe(self, context: RequestContext, params: Params) -> Result:
        """All trails, or those named; names of none are passed over."""
        names = [name.rpartition("/")[2] for name in params.get("trailNameList", ())]
        trails = [trail for name, trail in self._state.trails.items() if not names or name in names]
        return {"trailList": [_shown(trail) for trail in trails]}

    async def get(self, context: RequestContext, params: Params) -> Result:
        """One trail."""
        return {"Trail": _shown(self._state.trail(params["Name"]))}

    async def list(self, context: RequestContext, params: Params) -> Result:
        """All trails' names."""
        members = ("TrailARN", "Name", "HomeRegion")
        return {"Trails": [{name: trail[name] for name in members} for _, trail in self._state.trails.items()]}

    async def delete(self, context: RequestContext, params: Params) -> Result:
        """Forget a trail; its log files stay."""
        self._state.delete(self._state.trail(params["Name"]))
        return {}

    async def start(self, context: RequestContext, params: Params) -> Result:
        """Record from now on."""
        self._switch(params, logging=True)
        return {}

    async def stop(self, context: RequestContext, params: Params) -> Result:
        """Record no more; what is recorded is delivered."""
        self._switch(params, logging=False)
        await deliver_all(self._state)
        return {}

    async def status(self, context: RequestContext, params: Params) -> Result:
        """Whether a trail records, and how its delivery goes."""
        status = {name: value for name, value in self._state.trail(params["Name"])["Status"].items() if value != ""}
        delivered, attempted = status.get("LatestDeliveryTime"), status.get("LatestDeliveryAttemptTime")
        status |= {
            name: _iso(moment) if moment else ""
            for name, moment in (
                ("LatestDeliveryAttemptTime", attempted),
                ("LatestDeliveryAttemptSucceeded", delivered),
                ("LatestNotificationAttemptTime", None),
                ("LatestNotificationAttemptSucceeded", None),
            )
        }
        for name, of in (("TimeLoggingStarted", "StartLoggingTime"), ("TimeLoggingStopped", "StopLoggingTime")):
            status[name] = _iso(status[of]) if of in status else ""
        return status

    async def put_selectors(self, context: RequestContext, params: Params) -> Result:
        """Choose what a trail records."""
        trail = self._state.trail(params["TrailName"])
        if "AdvancedEventSelectors" in params:
            raise errors.unsupported("The emulator has event selectors, not advanced event selectors.")
        selectors = [_selector(given) for given in params.get("EventSelectors", ())]
        if not 1 <= len(selectors) <= 5:
            raise errors.bad_selectors("Specify between one and five event selectors.")
        self._state.save(trail | {"Selectors": selectors, "HasCustomEventSelectors": True})
        return {"TrailARN": trail["TrailARN"], "EventSelectors": selectors}

    async def get_selectors(self, context: RequestContext, params: Params) -> Result:
        """What a trail records."""
        trail = self._state.trail(params["TrailName"])
        return {"TrailARN": trail["TrailARN"], "EventSelectors": trail["Selectors"]}

    async def add_tags(self, context: RequestContext, params: Params) -> Result:
        """Set a trail's tags."""
        trail = self._state.trail(params["ResourceId"])
        put = {tag["Key"]: tag.get("Value", "") for tag in params["TagsList"]}
        self._state.save(trail | {"Tags": trail["Tags"] | put})
        return {}

    async def remove_tags(self, context: RequestContext, params: Params) -> Result:
        """Remove a trail's tags."""
        trail = self._state.trail(params["ResourceId"])
        gone = {tag["Key"] for tag in params["TagsList"]}
        self._state.save(trail | {"Tags": {key: value for key, value in trail["Tags"].items() if key not in gone}})
        return {}

    async def list_tags(self, context: RequestContext, params: Params) -> Result:
        """Trails' tags."""
        return {
            "ResourceTagList": [
                {
                    "ResourceId": arn,
                    "TagsList": [{"Key": key, "Value": value} for key, value in self._state.trail(arn)["Tags"].items()],
                }
                for arn in params["ResourceIdList"]
            ]
        }

    def _switch(self, params: Params, *, logging: bool) -> None:
        trail = self._state.trail(params["Name"])
        member = "StartLoggingTime" if logging else "StopLoggingTime"
        self._state.save(trail | {"Status": {**trail["Status"], "IsLogging": logging, member: time.time()}})


def _check_supported(params: Params) -> None:
    given = [name for name in _UNSUPPORTED if params.get(name)]
    if given:
        raise errors.unsupported(f"The emulator does not support {given[0]} of trails.")


def _selector(given: dict[str, Any]) -> dict[str, Any]:
    for resource in given.get("DataResources", ()):
        if resource.get("Type") not in _DATA_TYPES:
            shown = ", ".join(_DATA_TYPES)
            raise errors.bad_selectors(f"Invalid DataResource Type {resource.get('Type')}; the emulator has {shown}.")
        if not all(value.startswith("arn:") for value in resource.get("Values", ())):
            raise errors.bad_selectors("Value of a DataResource must be an ARN.")
    return {
        "ReadWriteType": given.get("ReadWriteType", "All"),
        "IncludeManagementEvents": given.get("IncludeManagementEvents", True),
        "DataResources": list(given.get("DataResources", ())),
        "ExcludeManagementEventSources": list(given.get("ExcludeManagementEventSources", ())),
    }


def _shown(trail: Trail) -> Trail:
    return {name: value for name, value in trail.items() if name not in _HIDDEN}


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
