"""`mlfn-manifest.json`: what a function's runtime has to know, as docs/architecture.md agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_engine.contracts.handlers import ingress_contract

if TYPE_CHECKING:
    from mlfn_engine.values import Function, IngressSource, ModelSpec, PipelineSpec

FORMAT = 1
Contract = dict[str, Any]


def model_manifest(app: str, function: Function, model: ModelSpec, contracts: tuple[Contract, Contract]) -> Contract:
    """The manifest of a model's function, without its version."""
    return {
        **_common("model", app, function),
        "entrypoint": model.entrypoint,
        "load": model.load,
        "parameters": list(model.parameters),
        "audit": {"mode": str(model.audit.mode)},
        "input": contracts[0],
        "output": contracts[1],
        "allow": list(model.access.principals),
    }


def ingress_manifest(app: str, function: Function, source: IngressSource) -> Contract:
    """The manifest of the function in front of an app's pipelines, without its version."""
    return {
        **_common("ingress", app, function),
        "entrypoint": None,
        "load": None,
        "parameters": [],
        "audit": {"mode": "standard"},
        "input": None,
        "output": None,
        "allow": [],
        "pipelines": [_pipeline(app, pipeline) for pipeline in source.pipelines],
    }


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
        "input": ingress_contract(pipeline.handler, pipeline.input_schema),
        "allow": list(pipeline.access.principals),
    }
