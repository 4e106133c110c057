"""The stack of one app in one stage: its functions, API and pipelines."""

from __future__ import annotations

import json
import re
from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mlfn.errors import RenderError
from mlfn.runtime.data_key import data_key_name
from mlfn.runtime.large_values import values_prefix
from mlfn.runtime.proofs import ISSUERS_KEY
from mlfn_engine.values import AppGraph, PackageType, Template
from mlfn_templates.cloudformation.access_views import access_metadata, view_approvers, view_authorizers, view_grants
from mlfn_templates.cloudformation.encoding import environment
from mlfn_templates.cloudformation.interfaces import interfaces
from mlfn_templates.cloudformation.user_text import check_graph
from mlfn_templates.cloudformation.views import approvals_table, view_function, view_machine

if TYPE_CHECKING:
    from collections.abc import Mapping

THROTTLING_RATE = 5_000
THROTTLING_BURST = 2_500
_MAX_BYTES = 1_000_000
_MAX_NAMES = {"Parameters": 200, "Resources": 500, "Outputs": 200}
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
_AUDIT_LINES = (
    "{ ($.mlfn_spool.v >= 1) || "
    '(($.type = "platform.report") && (($.record.status = "timeout") || ($.record.errorType = "Runtime.*"))) }'
)
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html"""
_ACCESS_LOG = {
    "apiId": "$context.apiId",
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


def render_app(
    graph: AppGraph, versions: Mapping[str, str], runtimes: Mapping[str, str] = MappingProxyType({})
) -> Template:
    """The app's stack for these image versions, and runtimes (`python3.12`) of what is an archive, by function key.

    Raises:
        RenderError: a version or runtime is missing, user text would be evaluated, or the app is too large.
    """
    check_graph(graph)
    _check_versions(graph, versions, runtimes)
    body = environment().get_template("app.yaml.j2").render(_context(graph, versions, runtimes))
    _check_names(body, graph)
    _check_size(body, graph)
    name, parameters = f"{graph.app}-{graph.stage}", (("AuditTable", graph.audit_table),)
    return Template(format="cloudformation", name=name, body=body, parameters=parameters)


def _context(graph: AppGraph, versions: Mapping[str, str], runtimes: Mapping[str, str]) -> dict[str, Any]:
    """What the template's text is made of."""
    return {
        "app": graph.app,
        "stage": graph.stage,
        "stack": f"{graph.app}-{graph.stage}",
        "audit_table": graph.audit_table,
        "data_key": data_key_name(graph.app),
        "values_prefix": values_prefix(graph.app),
        "functions": [
            view_function(function, graph, versions[function.key], runtimes.get(function.key, ""))
            for function in graph.functions
        ],
        "machines": [view_machine(machine, graph) for machine in graph.state_machines],
        "access": access_metadata(graph),
        "interfaces": interfaces(graph),
        "authorizers": view_authorizers(graph),
        "grants": (*view_grants(graph), *([approvers] if (approvers := view_approvers(graph)) else ())),
        "approvals_table": approvals_table(graph),
        "issuers_key": ISSUERS_KEY,
        "vpc": graph.vpc,
        "kms_key": graph.kms_key,
        "log_retention_days": graph.log_retention_days,
        "throttling_rate": THROTTLING_RATE,
        "throttling_burst": THROTTLING_BURST,
        "audit_lines": _AUDIT_LINES,
        "access_log_format": json.dumps(_ACCESS_LOG, separators=(",", ":")),
    }


def _check_versions(graph: AppGraph, versions: Mapping[str, str], runtimes: Mapping[str, str]) -> None:
    missing = [
        repr(function.key)
        for function in graph.functions
        if function.key not in versions or (function.package is PackageType.ZIP) != (function.key in runtimes)
    ]
    if missing:
        raise RenderError(f"These functions have no image: {', '.join(missing)}.", hint="Build the app first.")


def _names_by_section(body: str) -> dict[str, list[str]]:
    """What each section of a rendered template declares, in its order."""
    sections = re.split(r"^(?=\w+:)", body, flags=re.MULTILINE)
    return {text.partition(":")[0]: re.findall(r'^  "?(\w+)"?:', text, flags=re.MULTILINE) for text in sections}


def _check_names(body: str, graph: AppGraph) -> None:
    """Refuse names that only differ until a kind is put behind them, such as models `a` and `a_lambda`."""
    for names in _names_by_section(body).values():
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise RenderError(
                f"In the template of {graph.app!r} these names would be used twice: {', '.join(twice)}.",
                hint="Rename one of the models or pipelines whose names these begin with.",
            )


def _check_size(body: str, graph: AppGraph) -> None:
    """Refuse what CloudFormation would only refuse once all images are pushed."""
    names = _names_by_section(body)
    sizes = [(len(names.get(section, ())), most, section.lower()) for section, most in _MAX_NAMES.items()]
    for size, most, unit in [(len(body.encode()), _MAX_BYTES, "bytes"), *sizes]:
        if size > most:
            raise RenderError(
                f"The template of {graph.app!r} has {size:,} {unit}; CloudFormation takes {most:,}.",
                hint="Split the app: declare some of its models in another one.",
            )
