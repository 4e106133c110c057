"""Create-, Get-, Update- and DeleteStage, GetStages, and what is taken from stages: access logs, route settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.apigatewayv2 import errors
from mlfn_localstack.services.apigatewayv2.model import Apis, Document, Part, now, shown
from mlfn_localstack.services.apigatewayv2.paging import page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_NAME = re.compile(r"\$default|[a-zA-Z0-9_-]{1,128}")
_PLAIN = (
    "AccessLogSettings",
    "AutoDeploy",
    "DefaultRouteSettings",
    "DeploymentId",
    "Description",
    "RouteSettings",
    "StageVariables",
)
_ROUTE_SETTINGS = {"ThrottlingBurstLimit", "ThrottlingRateLimit", "DetailedMetricsEnabled"}


class StageOperations:
    """Where an API is served."""

    def __init__(self, apis: Apis, forget: Callable[[str, str], None]) -> None:
        self._apis = apis
        self._forget = forget

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "CreateStage": self.create,
            "GetStage": self.get,
            "GetStages": self.list,
            "UpdateStage": self.update,
            "DeleteStage": self.delete,
            "DeleteAccessLogSettings": self.delete_access_log,
            "DeleteRouteSettings": self.delete_route_settings,
            "ResetAuthorizersCache": self.reset_authorizers,
        }

    async def create(self, _context: RequestContext, params: Params) -> Result:
        """The new stage."""
        self._apis.get(params["ApiId"])
        name = params["StageName"]
        if not _NAME.fullmatch(name):
            raise errors.bad_request("Stage name only allows a-zA-Z0-9_-")
        if self._apis.find_part(params["ApiId"], Part.STAGE, name) is not None:
            raise errors.conflict(f"Stage {name} already exists")
        stage: Document = {
            "StageName": name,
            "AutoDeploy": False,
            "CreatedDate": now(),
            "DefaultRouteSettings": {"DetailedMetricsEnabled": False},
            "RouteSettings": {},
            "StageVariables": {},
            "Tags": dict(params.get("Tags") or {}),
        }
        return self._put(params, stage)

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """A stage."""
        return shown(self._apis.part(params["ApiId"], Part.STAGE, params["StageName"]))

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """All stages of an API."""
        self._apis.get(params["ApiId"])
        return page([shown(body) for body in self._apis.parts(params["ApiId"], Part.STAGE).values()], params)

    async def update(self, _context: RequestContext, params: Params) -> Result:
        """The stage with some members changed."""
        return self._put(params, self._apis.part(params["ApiId"], Part.STAGE, params["StageName"]))

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the stage is gone."""
        self._apis.delete_part(params["ApiId"], Part.STAGE, params["StageName"])
        return {}

    async def delete_access_log(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the stage logs no more."""
        stage = self._apis.part(params["ApiId"], Part.STAGE, params["StageName"])
        kept = {member: value for member, value in stage.items() if member != "AccessLogSettings"}
        self._apis.put_part(params["ApiId"], Part.STAGE, params["StageName"], kept)
        return {}

    async def delete_route_settings(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the stage's own settings apply to the route."""
        stage, key = self._apis.part(params["ApiId"], Part.STAGE, params["StageName"]), params["RouteKey"]
        if key not in stage["RouteSettings"]:
            raise errors.not_found(f"Unable to find Route by key {key} within the provided RouteSettings")
        kept = {name: value for name, value in stage["RouteSettings"].items() if name != key}
        self._apis.put_part(params["ApiId"], Part.STAGE, params["StageName"], stage | {"RouteSettings": kept})
        return {}

    async def reset_authorizers(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once functions are asked again who may take a route."""
        self._apis.part(params["ApiId"], Part.STAGE, params["StageName"])
        self._forget(params["ApiId"], params["StageName"])
        return {}

    def _put(self, params: Params, current: Document) -> Result:
        if params.get("ClientCertificateId"):
            raise errors.unsupported("ClientCertificateId", "stages of HTTP APIs")
        api_id, name = params["ApiId"], params["StageName"]
        changed = {member: params[member] for member in _PLAIN if params.get(member) is not None}
        stage = {**current, **changed, "LastUpdatedDate": now()}
        self._check(api_id, stage, changed)
        if stage["AutoDeploy"] and (not current.get("AutoDeploy") or not stage.get("DeploymentId")):
            stage["DeploymentId"] = self._apis.deploy(api_id, automatic=True)["DeploymentId"]
        self._apis.put_part(api_id, Part.STAGE, name, stage)
        return shown(stage)

    def _check(self, api_id: str, stage: Document, changed: Document) -> None:
        if "DeploymentId" in changed:
            if stage["AutoDeploy"]:
                raise errors.bad_request("Deployment ID cannot be set on a stage that has AutoDeploy enabled")
            if self._apis.find_part(api_id, Part.DEPLOYMENT, changed["DeploymentId"]) is None:
                raise errors.not_found(f"Invalid deployment identifier specified {changed['DeploymentId']}")
        destination = stage.get("AccessLogSettings", {}).get("DestinationArn", "")
        if destination and ":logs:" not in destination:
            raise errors.unsupported(f"the destination {destination}", "access logs")
        settings: list[dict[str, Any]] = [stage["DefaultRouteSettings"], *stage["RouteSettings"].values()]
        unknown = {name for setting in settings for name, value in setting.items() if value} - _ROUTE_SETTINGS
        if unknown:
            raise errors.unsupported(", ".join(sorted(unknown)), "route settings of HTTP APIs")
        keys = {route["RouteKey"] for route in self._apis.parts(api_id, Part.ROUTE).values()}
        for key in stage["RouteSettings"]:
            if key not in keys:
                raise errors.not_found(f"Unable to find Route by key {key} within the provided RouteSettings")
