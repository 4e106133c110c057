"""What the templates show of who may call: routes, their authorisers, and policies and roles for callers."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn.access import callers_role
from mlfn_engine.access import Access
from mlfn_engine.declarations.schemas import has_blob_routes
from mlfn_engine.values import IngressSource, ModelSource, PipelineMode

if TYPE_CHECKING:
    from mlfn_engine.access import TokenIssuer
    from mlfn_engine.values import AppGraph, Function, ModelSpec, PipelineSpec, StateMachine


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizerView:
    """Who checks the tokens of some routes."""

    id: str
    issuer: str
    audiences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteView:
    """A route and who may call it."""

    prefix: str
    method: str
    path: str
    public: bool
    authorizer: AuthorizerView | None
    scopes: tuple[str, ...]

    @property
    def path_pattern(self) -> str:
        """The path as an execute-api ARN names it: parameters are wildcards."""
        return re.sub(r"\{[^}]*\}", "*", self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Policies for those whom `access=` names, and the role that other accounts take on."""

    name: str
    prefix: str
    principals: tuple[str, ...]
    routes: tuple[RouteView, ...]
    direct: str | None
    """For a model: the prefix of its function, which may be called without the API."""
    role: str
    accounts: tuple[str, ...]
    trusted: tuple[str, ...]
    """Patterns of the ARNs that may take on the role."""


def view_routes(function: Function, machines: tuple[StateMachine, ...]) -> tuple[RouteView, ...]:
    """The routes that lead to a function."""
    match function.source:
        case ModelSource(model=model):
            path = f"/models/{model.name}"
            call = _route(function.logical_id, "POST", path, model.access)
            return (call, *_blob_routes(function.logical_id, path, model))
        case IngressSource():
            asked = any(machine.pipeline.approvers for machine in machines)
            own = tuple(route for machine in machines for route in _pipeline_routes(machine))
            return own + (_approval_routes(function.logical_id) if asked else ())


def view_authorizers(graph: AppGraph) -> tuple[AuthorizerView, ...]:
    """Each issuer with its audiences once."""
    routes = [route for function in graph.functions for route in view_routes(function, graph.state_machines)]
    found = {route.authorizer.id: route.authorizer for route in routes if route.authorizer is not None}
    return tuple(found[key] for key in sorted(found))


def view_grants(graph: AppGraph) -> tuple[Grant, ...]:
    """What `access=` asks for, once per model or pipeline that names principals."""
    return tuple(
        _grant(graph, subject, routes, direct)
        for subject, routes, direct in _subjects(graph)
        if subject[2].principals and not subject[2].public
    )


def view_approvers(graph: AppGraph) -> Grant | None:
    """What those need who may be asked for an approval."""
    principals = dict.fromkeys(each for machine in graph.state_machines for each in machine.pipeline.approvers)
    if not principals:
        return None
    prefix = next(each.logical_id for each in graph.functions if isinstance(each.source, IngressSource))
    return Grant(
        name=f"{graph.app}-{graph.stage}-approvals",
        prefix=f"{prefix}Approvals",
        principals=tuple(principals),
        routes=_approval_routes(prefix),
        direct=None,
        role="",
        accounts=(),
        trusted=(),
    )


def access_metadata(graph: AppGraph) -> str:
    """Who may call what, as JSON: what `mlfn access` reads of the deployed stack."""
    told = {
        _key(graph, name): {"kind": "model" if direct else "pipeline", **_told(access)}
        for (name, _, access), _, direct in _subjects(graph)
    }
    return json.dumps(told, sort_keys=True)


Subject = tuple[str, str, "Access"]
"""A model's or pipeline's name in AWS, its prefix, and who may call it."""


def _subjects(graph: AppGraph) -> list[tuple[Subject, tuple[RouteView, ...], str | None]]:
    found: list[tuple[Subject, tuple[RouteView, ...], str | None]] = []
    for function in graph.functions:
        if isinstance(function.source, ModelSource):
            subject = (function.name, function.logical_id, function.source.model.access)
            found.append((subject, view_routes(function, ()), function.logical_id))
    for machine in graph.state_machines:
        subject = (machine.name, machine.logical_id, machine.pipeline.access)
        found.append((subject, _pipeline_routes(machine), None))
    return found


def _grant(graph: AppGraph, subject: Subject, routes: tuple[RouteView, ...], direct: str | None) -> Grant:
    name, prefix, access = subject
    trusted = {principal: _trusted(principal) for principal in access.principals}
    open_to = [principal for principal, pattern in trusted.items() if pattern]
    return Grant(
        name=name,
        prefix=prefix,
        principals=access.principals,
        routes=routes,
        direct=direct,
        role=callers_role(graph.app, graph.stage, _key(graph, name)),
        accounts=tuple(dict.fromkeys(principal.split(":")[4] for principal in open_to)),
        trusted=tuple(dict.fromkeys(trusted[principal] for principal in open_to)),
    )


def _trusted(principal: str) -> str:
    """What `aws:PrincipalArn` looks like for a principal; empty for a session, of which it tells the role alone."""
    if not principal.startswith("arn:") or principal.count(":") < 5 or ":sts:" in principal:
        return ""
    return f"{principal.removesuffix('root')}*" if principal.endswith(":root") else principal


def _pipeline_routes(machine: StateMachine) -> tuple[RouteView, ...]:
    pipeline, prefix = machine.pipeline, machine.logical_id
    path, access = f"/pipelines/{pipeline.name}", pipeline.access
    start = _route(prefix, "POST", path, access)
    blobs = _blob_routes(prefix, path, pipeline)
    if pipeline.mode is PipelineMode.SYNC:
        return (start, *blobs)
    return (start, _route(f"{prefix}Execution", "GET", f"{path}/{{execution}}", access), *blobs)


def _blob_routes(prefix: str, path: str, spec: ModelSpec | PipelineSpec) -> tuple[RouteView, ...]:
    """The ways to the contents of blobs, for who may call what takes or gives them."""
    if not has_blob_routes(spec):
        return ()
    upload = _route(f"{prefix}Upload", "POST", f"{path}/blobs", spec.access)
    return (upload, _route(f"{prefix}Download", "GET", f"{path}/blobs/{{blob}}", spec.access))


def _approval_routes(prefix: str) -> tuple[RouteView, ...]:
    """Only IAM says well enough who somebody is to let them decide."""
    by_iam = Access()
    return (
        _route(f"{prefix}Approvals", "GET", "/approvals", by_iam),
        _route(f"{prefix}Approval", "GET", "/approvals/{approval}", by_iam),
        _route(f"{prefix}Answer", "POST", "/approvals/{approval}", by_iam),
    )


def _route(prefix: str, method: str, path: str, access: Access) -> RouteView:
    tokens = access.tokens
    return RouteView(
        prefix=prefix,
        method=method,
        path=path,
        public=access.public,
        authorizer=_authorizer(tokens) if tokens else None,
        scopes=tokens.scopes if tokens else (),
    )


def _authorizer(tokens: TokenIssuer) -> AuthorizerView:
    digest = hashlib.sha256("\n".join((tokens.issuer, *tokens.audiences)).encode()).hexdigest()[:8]
    return AuthorizerView(id=f"TokenAuthorizer{digest}", issuer=tokens.issuer, audiences=tokens.audiences)


def _key(graph: AppGraph, name: str) -> str:
    return name.removeprefix(f"{graph.app}-{graph.stage}-")


def _told(access: Access) -> dict[str, object]:
    tokens = access.tokens
    told: dict[str, object] = {"principals": access.principals, "public": access.public}
    if tokens is not None:
        told["tokens"] = {"issuer": tokens.issuer, "audiences": tokens.audiences, "scopes": tokens.scopes}
    return told
