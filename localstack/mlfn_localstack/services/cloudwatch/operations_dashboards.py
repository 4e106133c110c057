"""Dashboards: kept for who reads them back; nothing draws them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudwatch.errors import no_dashboard
from mlfn_localstack.services.cloudwatch.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Environment, Operation, Params, RequestContext, Result

_PAGE = 1000


class DashboardOperations:
    """Put, get, list and delete dashboards."""

    def __init__(self, environment: Environment) -> None:
        self._dashboards = environment.store.documents("cloudwatch-dashboard")

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "DeleteDashboards": self.delete,
            "GetDashboard": self.get,
            "ListDashboards": self.list_dashboards,
            "PutDashboard": self.put,
        }

    async def put(self, context: RequestContext, params: Params) -> Result:
        """A dashboard is there, or is changed."""
        name, body = params["DashboardName"], params["DashboardBody"]
        _check_body(body)
        entry = {
            "DashboardName": name,
            "DashboardArn": f"arn:aws:cloudwatch::{context.account_id}:dashboard/{name}",
            "LastModified": float(int(time.time())),
            "Size": len(body.encode()),
        }
        self._dashboards.put(name, {"entry": entry, "body": body})
        return {"DashboardValidationMessages": []}

    async def get(self, context: RequestContext, params: Params) -> Result:
        """A dashboard's text, as it was put."""
        found = self._dashboards.get(params["DashboardName"])
        if found is None:
            raise no_dashboard(params["DashboardName"])
        shown = {name: found["entry"][name] for name in ("DashboardArn", "DashboardName")}
        return shown | {"DashboardBody": found["body"]}

    async def list_dashboards(self, context: RequestContext, params: Params) -> Result:
        """The dashboards whose names begin with a prefix, page by page."""
        found = [each["entry"] for _, each in self._dashboards.items(params.get("DashboardNamePrefix", ""))]
        return page(params, "DashboardEntries", found, _PAGE)

    async def delete(self, context: RequestContext, params: Params) -> Result:
        """Dashboards go, all of them or none."""
        names = params["DashboardNames"]
        for name in names:
            if self._dashboards.get(name) is None:
                raise no_dashboard(name)
        for name in names:
            self._dashboards.delete(name)
        return {}


def _check_body(body: str) -> None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        return
    problem = {"Message": "The field DashboardBody must be a valid JSON object"}
    fields = {"dashboardValidationMessages": [problem]}
    raise ServiceError("InvalidParameterInput", problem["Message"], fields=fields)
