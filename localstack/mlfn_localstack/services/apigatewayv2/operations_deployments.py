"""Create-, Get-, Update- and DeleteDeployment, GetDeployments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.apigatewayv2 import errors
from mlfn_localstack.services.apigatewayv2.model import Apis, Document, Part, now, shown
from mlfn_localstack.services.apigatewayv2.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result


class DeploymentOperations:
    """What an API was at some time."""

    def __init__(self, apis: Apis) -> None:
        self._apis = apis

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "CreateDeployment": self.create,
            "GetDeployment": self.get,
            "GetDeployments": self.list,
            "UpdateDeployment": self.update,
            "DeleteDeployment": self.delete,
        }

    async def create(self, _context: RequestContext, params: Params) -> Result:
        """The new deployment, served by a stage if one is named."""
        api_id, stage_name = params["ApiId"], params.get("StageName")
        self._apis.get(api_id)
        stage = self._apis.part(api_id, Part.STAGE, stage_name) if stage_name else None
        if stage is not None and stage.get("AutoDeploy"):
            raise errors.bad_request("Cannot create a deployment for a stage that has AutoDeploy enabled")
        if not self._apis.parts(api_id, Part.ROUTE):
            raise errors.bad_request("At least one route is required before deploying the Api.")
        deployment = self._apis.deploy(api_id, automatic=False, description=params.get("Description"))
        if stage is not None and stage_name is not None:
            served = {**stage, "DeploymentId": deployment["DeploymentId"], "LastUpdatedDate": now()}
            self._apis.put_part(api_id, Part.STAGE, stage_name, served)
        return _shown(deployment)

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """A deployment."""
        return _shown(self._apis.part(params["ApiId"], Part.DEPLOYMENT, params["DeploymentId"]))

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """All deployments of an API."""
        self._apis.get(params["ApiId"])
        return page([_shown(body) for body in self._apis.parts(params["ApiId"], Part.DEPLOYMENT).values()], params)

    async def update(self, _context: RequestContext, params: Params) -> Result:
        """The deployment with another description."""
        deployment = self._apis.part(params["ApiId"], Part.DEPLOYMENT, params["DeploymentId"])
        changed = {**deployment, "Description": params.get("Description", deployment.get("Description"))}
        self._apis.put_part(params["ApiId"], Part.DEPLOYMENT, params["DeploymentId"], changed)
        return _shown(changed)

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once no stage serves it and it is gone."""
        for name, stage in self._apis.parts(params["ApiId"], Part.STAGE).items():
            if stage.get("DeploymentId") == params["DeploymentId"]:
                raise errors.bad_request(f"Active stages pointing to this deployment must be moved or deleted: {name}")
        self._apis.delete_part(params["ApiId"], Part.DEPLOYMENT, params["DeploymentId"])
        return {}


def _shown(deployment: Document) -> Result:
    return shown(deployment, "Snapshot")
