"""`mlfn-manifest.json`: what a function's runtime has to know, as docs/architecture.md agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_engine.audit_policy import Capture
from mlfn_engine.contracts.baseline import sketch_plan
from mlfn_engine.contracts.handlers import ingress_contract, redactions
from mlfn_engine.contracts.redaction import is_sensitive
from mlfn_engine.declarations.schemas import has_blob_routes
from mlfn_engine.secret_use import Store

if TYPE_CHECKING:
    from mlfn_engine.access import Access
    from mlfn_engine.audit_policy import AuditPolicy
    from mlfn_engine.values import AppGraph, Function, IngressSource, ModelSpec, PipelineSpec

FORMAT = 1
INGRESS_AUDIT = {"mode": "standard"}
Contract = dict[str, Any]


def model_manifest(
    graph: AppGraph, function: Function, model: ModelSpec, contracts: tuple[Contract, Contract]
) -> Contract:
    """The manifest of a model's function, without its version."""
    plans = redactions(model.handler)
    contracts = _with_redaction(model, contracts, plans)
    sketch = sketch_plan(model, graph.root, plans)
    return {
        **_common("model", graph.app, function),
        "entrypoint": model.entrypoint,
        "load": model.load,
        "parameters": list(model.parameters),
        "audit": _audit(model.audit) | ({"sketch": sketch} if sketch else {}),
        "input": contracts[0],
        "output": contracts[1],
        **_blobs(model),
        **_assets(model),
        **_secrets(model),
        **_who(model.access),
    }


def ingress_manifest(app: str, function: Function, source: IngressSource) -> Contract:
    """The manifest of the function in front of an app's pipelines, without its version."""
    return {
        **_common("ingress", app, function),
        "entrypoint": None,
        "load": None,
        "parameters": [],
        "audit": INGRESS_AUDIT,
        "input": None,
        "output": None,
        "allow": [],
        "pipelines": [_pipeline(app, pipeline) for pipeline in source.pipelines],
    }


def _with_redaction(
    model: ModelSpec, contracts: tuple[Contract, Contract], plans: tuple[Contract, Contract]
) -> tuple[Contract, Contract]:
    """The contracts of a model with what of their values is hidden, where that is ever asked."""
    if model.audit.capture is Capture.HASH and not any(map(is_sensitive, plans)):
        return contracts
    marked = [{**plan, "sensitive": is_sensitive(plan)} for plan in plans]
    return {**contracts[0], "redact": marked[0]}, {**contracts[1], "redact": marked[1]}


def _audit(policy: AuditPolicy) -> dict[str, Any]:
    audit: dict[str, Any] = {"mode": str(policy.mode)}
    if policy.capture is not Capture.HASH:
        audit["capture"] = str(policy.capture)
    if policy.capture is Capture.SAMPLE:
        audit["share"] = policy.share
    if policy.shards > 1:
        audit["shards"] = policy.shards
    if policy.summary is not None:
        audit["summary"] = policy.summary
    return audit


def _common(kind: str, app: str, function: Function) -> Contract:
    return {
        "manifest": FORMAT,
        "kind": kind,
        "app": app,
        "name": function.key,
        "id": f"{app}.{function.key}",
        "timeout_s": function.resources.timeout_s,
        "memory_mb": function.resources.memory_mb,
    }


def _pipeline(app: str, pipeline: PipelineSpec) -> Contract:
    return {
        "name": pipeline.name,
        "id": f"{app}.{pipeline.name}",
        "mode": str(pipeline.mode),
        "timeout_s": pipeline.timeout_s,
        "parameters": list(pipeline.parameters),
        **({"audit": {**INGRESS_AUDIT, "shards": pipeline.audit_shards}} if pipeline.audit_shards > 1 else {}),
        "input": ingress_contract(pipeline.handler, pipeline.input_schema),
        **_blobs(pipeline),
        "room": pipeline.taken.room,
        **({"inline": pipeline.taken.inline} if pipeline.taken.inline else {}),
        **_who(pipeline.access),
    }


def _assets(model: ModelSpec) -> Contract:
    """What the runtime brings from S3."""
    described = [
        {
            "name": asset.name,
            "bucket": asset.bucket,
            "key": asset.key,
            "sha256": asset.sha256,
            **({"version": asset.version} if asset.version else {}),
            **({"to": asset.place} if asset.place else {}),
        }
        for asset in model.remote_assets
    ]
    return {"assets": described} if described else {}


def _secrets(model: ModelSpec) -> Contract:
    """Where the runtime finds what the model's code asks for; never what is in it."""
    described = {
        use.name: {
            "id": use.id,
            "max_age_s": use.max_age_s,
            **({"field": use.field} if use.field else {}),
            **({"store": use.store.value} if use.store is not Store.SECRETS_MANAGER else {}),
        }
        for use in model.secrets
    }
    return {"secrets": described} if described else {}


def _blobs(spec: ModelSpec | PipelineSpec) -> Contract:
    return {"blobs": True} if has_blob_routes(spec) else {}


def _who(access: Access) -> Contract:
    """Whom the run-time check lets in; nobody named: whoever the gateway lets through."""
    tokens = access.tokens
    if tokens is None:
        return {"allow": list(access.principals)}
    named = {"issuer": tokens.issuer, "audiences": list(tokens.audiences), "scopes": list(tokens.scopes)}
    return {"allow": [], "tokens": named}
