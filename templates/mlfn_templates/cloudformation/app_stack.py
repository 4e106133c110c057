"""The stack of one app in one stage: its functions, API and pipelines."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

from mlfn.errors import RenderError
from mlfn_engine.values import AppGraph, Template
from mlfn_templates.cloudformation.encoding import environment
from mlfn_templates.cloudformation.user_text import check_graph
from mlfn_templates.cloudformation.views import view_function, view_grants, view_machine

if TYPE_CHECKING:
    from collections.abc import Mapping

LOG_RETENTION_DAYS = 365
"""As long as the audit records live."""
THROTTLING_RATE = 5_000
THROTTLING_BURST = 2_500
_MAX_BYTES = 1_000_000
_ACCESS_LOG = {
    "requestId": "$context.requestId",
    "extendedRequestId": "$context.extendedRequestId",
    "requestTime": "$context.requestTime",
    "requestTimeEpoch": "$context.requestTimeEpoch",
    "routeKey": "$context.routeKey",
    "status": "$context.status",
    "caller": "$context.identity.userArn",
    "sourceIp": "$context.identity.sourceIp",
    "integrationRequestId": "$context.integration.requestId",
    "integrationStatus": "$context.integration.status",
    "error": "$context.error.responseType",
}


def render_app(graph: AppGraph, versions: Mapping[str, str]) -> Template:
    """The app's stack for these image versions, by function key.

    Raises:
        RenderError: a version is missing, or user text would be evaluated.
    """
    check_graph(graph)
    _check_versions(graph, versions)
    stack = f"{graph.app}-{graph.stage}"
    context = {
        "app": graph.app,
        "stage": graph.stage,
        "stack": stack,
        "audit_table": graph.audit_table,
        "functions": [view_function(function, graph, versions[function.key]) for function in graph.functions],
        "machines": [view_machine(machine, graph) for machine in graph.state_machines],
        "grants": view_grants(graph),
        "log_retention_days": LOG_RETENTION_DAYS,
        "throttling_rate": THROTTLING_RATE,
        "throttling_burst": THROTTLING_BURST,
        "access_log_format": json.dumps(_ACCESS_LOG, separators=(",", ":")),
    }
    body = environment().get_template("app.yaml.j2").render(context)
    _check_names(body, graph)
    _check_size(body, graph)
    return Template(format="cloudformation", name=stack, body=body, parameters=(("AuditTable", graph.audit_table),))


def _check_versions(graph: AppGraph, versions: Mapping[str, str]) -> None:
    missing = [repr(function.key) for function in graph.functions if function.key not in versions]
    if missing:
        raise RenderError(f"These functions have no image: {', '.join(missing)}.", hint="Build the app first.")


def _check_names(body: str, graph: AppGraph) -> None:
    """Refuse names that only differ until a kind is put behind them, such as models `a` and `a_lambda`."""
    for section in re.split(r"^(?=\w+:)", body, flags=re.MULTILINE):
        names = Counter(re.findall(r'^  "?(\w+)"?:', section, flags=re.MULTILINE))
        twice = [name for name, count in names.items() if count > 1]
        if twice:
            raise RenderError(
                f"In the template of {graph.app!r} these names would be used twice: {', '.join(twice)}.",
                hint="Rename one of the models or pipelines whose names these begin with.",
            )


def _check_size(body: str, graph: AppGraph) -> None:
    size = len(body.encode())
    if size > _MAX_BYTES:
        raise RenderError(
            f"The template of {graph.app!r} is {size:,} bytes; CloudFormation takes {_MAX_BYTES:,}.",
            hint="Split the app: declare some of its models in another one.",
        )
