"""What the templates show of a graph: functions and pipelines, with names made and figures derived."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn.runtime.capture import payload_prefix
from mlfn.runtime.data_key import data_key_name
from mlfn.runtime.large_values import calls_prefix, values_prefix
from mlfn_engine.audit_policy import Capture
from mlfn_engine.declarations.naming import FRONT_DOOR
from mlfn_engine.declarations.schemas import has_blobs
from mlfn_engine.images.archive_layout import WRAPPER
from mlfn_engine.secret_use import Store
from mlfn_engine.values import IngressSource, ModelSource, PipelineMode
from mlfn_templates.cloudformation.access_views import view_routes
from mlfn_templates.cloudformation.secret_views import view_secret_keys, view_secrets, view_stage_key

if TYPE_CHECKING:
    from mlfn_engine.values import AppGraph, Function, Resources, StateMachine
    from mlfn_templates.cloudformation.access_views import RouteView
    from mlfn_templates.cloudformation.secret_views import SecretKeyView

_MAX_INTEGRATION_MS = 30_000  # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
_HANDLER = "mlfn.runtime.loop.main"
"""Lambda wants one for an archive; the wrapper starts the loop, which never looks at it."""
_MAX_DESCRIPTION = 256  # https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionView:
    """A function with everything its resources are named and set by."""

    name: str
    prefix: str
    version_id: str
    image_version: str
    runtime: str
    """AWS's Python for an archive, such as `python3.12`; empty for an image."""
    handler: str
    wrapper: str
    """The program in the archive that starts it."""
    description: str
    resources: Resources
    reserved: int | None
    provisioned: int
    leading_keys: tuple[str, ...]
    readable: tuple[str, ...]
    """ARNs of objects in S3, with pseudo parameters to substitute."""
    secrets: tuple[str, ...]
    """ARNs of secrets, with pseudo parameters to substitute."""
    parameters: tuple[str, ...]
    """ARNs of parameters that are read as secrets, in the same form."""
    secret_keys: tuple[SecretKeyView, ...]
    stage_key: tuple[SecretKeyView, ...]
    payloads: str
    """Prefix in the data bucket under which it keeps its calls' payloads; empty, it keeps none."""
    values: str
    """Prefix in the data bucket of blobs and values too large to travel; empty, it has none and is in no pipeline."""
    calls: str
    """Prefix in the data bucket of a model's inputs and answers that no call has room for; empty for the front door."""
    routes: tuple[RouteView, ...]
    integration_timeout_ms: int
    is_ingress: bool
    state_machines: str
    sync_machines: tuple[StateMachine, ...]
    async_machines: tuple[StateMachine, ...]
    """Those whose callers ask about runs, batches among them."""
    batch_machines: tuple[StateMachine, ...]
    approvals_table: str
    """For the front door of pipelines that ask people; else empty."""
    questions_topic: str
    """The topic that is told what they ask; empty, nobody is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReference:
    """A model that a pipeline calls, and the alias it calls."""

    key: str
    alias_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMachineView:
    """A state machine and the models it may call."""

    name: str
    prefix: str
    version_id: str
    type: str
    is_batch: bool
    definition: str
    models: tuple[ModelReference, ...]
    """Those of the definition, for its substitutions."""
    callable_models: tuple[ModelReference, ...]
    """Every model of the app: a rollback may bring back a definition with other steps, but changes no role."""
    front_door: str
    """The ingress function, where pipelines ask people through it: by name, since it in turn names state machines."""
    asks_as: str
    """What stands for it in the definition, if that asks people."""


def view_function(function: Function, graph: AppGraph, image_version: str, runtime: str = "") -> FunctionView:
    """A function as the templates show it; `runtime` is what its archive runs on, empty for an image."""
    machines = graph.state_machines
    is_ingress = isinstance(function.source, IngressSource)
    own = machines if is_ingress else ()
    sync = tuple(machine for machine in own if machine.pipeline.mode is PipelineMode.SYNC)
    return FunctionView(
        name=function.name,
        prefix=function.logical_id,
        version_id=f"{function.logical_id}Version{version_digest(function, graph, image_version, runtime)}",
        image_version=image_version,
        runtime=runtime,
        handler=_HANDLER,
        wrapper=WRAPPER,
        description=_description(function, graph),
        resources=function.resources,
        reserved=function.scaling.reserved,
        provisioned=function.scaling.provisioned,
        leading_keys=_leading_keys(function, graph),
        readable=_readable(function, graph.stage),
        secrets=view_secrets(function, graph.stage, Store.SECRETS_MANAGER),
        parameters=view_secrets(function, graph.stage, Store.PARAMETERS),
        secret_keys=view_secret_keys(function, graph.stage),
        stage_key=view_stage_key(function, graph.stage),
        payloads=_payloads(function, graph.app),
        values=_values(function, graph),
        calls=_large_calls(function, graph.app),
        routes=view_routes(function, machines),
        integration_timeout_ms=min(_MAX_INTEGRATION_MS, (function.resources.timeout_s + 1) * 1000),
        is_ingress=is_ingress,
        state_machines=_state_machine_arns(own),
        sync_machines=sync,
        async_machines=tuple(machine for machine in own if machine not in sync),
        approvals_table=approvals_table(graph) if is_ingress else "",
        questions_topic=questions_topic(graph) if is_ingress else "",
        batch_machines=tuple(machine for machine in own if machine.pipeline.mode is PipelineMode.BATCH),
    )


def approvals_table(graph: AppGraph) -> str:
    """The name of the table of what an app's pipelines ask people; empty if they ask nothing."""
    asks = any(machine.pipeline.approvers for machine in graph.state_machines)
    return f"{graph.app}-{graph.stage}-approvals" if asks else ""


def questions_topic(graph: AppGraph) -> str:
    """The topic that is told what an app's pipelines ask people; empty if they ask nothing, or nobody is told."""
    return graph.questions_topic if approvals_table(graph) else ""


def version_digest(function: Function, graph: AppGraph, image_version: str, runtime: str = "") -> str:
    """12 hex digits over the code and the configuration that Lambda keeps in a version: both change together."""
    resources = function.resources
    own = graph.state_machines if isinstance(function.source, IngressSource) else ()
    asking = [each for each in (approvals_table(graph), questions_topic(graph)) if each] if own else []
    content = {
        "image": image_version,
        "name": function.name,
        "description": _description(function, graph),
        "resources": [resources.memory_mb, resources.timeout_s, resources.ephemeral_storage_mb, resources.architecture],
        "provisioned": function.scaling.provisioned,
        "environment": [graph.audit_table, graph.stage, data_key_name(graph.app), _state_machine_arns(own), *asking],
        **({"runtime": runtime} if runtime else {}),
        **({"kms_key": graph.kms_key} if graph.kms_key else {}),
        **({"vpc": [graph.vpc.subnets, graph.vpc.security_groups]} if graph.vpc else {}),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


def view_machine(machine: StateMachine, graph: AppGraph) -> StateMachineView:
    """A state machine as the templates show it."""
    pipeline = machine.pipeline
    models = tuple(
        ModelReference(key=function.key, alias_id=f"{function.logical_id}AliasSfn")
        for function in graph.functions
        if isinstance(function.source, ModelSource)
    )
    used = tuple(model for model in models if _calls(machine, model.key))
    is_express = pipeline.mode is PipelineMode.SYNC
    doors = [each.name for each in graph.functions if isinstance(each.source, IngressSource)]
    return StateMachineView(
        name=machine.name,
        prefix=machine.logical_id,
        version_id=machine_version_id(machine),
        type="EXPRESS" if is_express else "STANDARD",
        is_batch=pipeline.mode is PipelineMode.BATCH,
        definition=pipeline.definition,
        models=used,
        callable_models=models if used else (),
        front_door=doors[0] if approvals_table(graph) and not is_express else "",
        asks_as=FRONT_DOOR if pipeline.approvers else "",
    )


def machine_version_id(machine: StateMachine) -> str:
    """The logical id of the published version that holds the state machine's definition."""
    content = json.dumps([machine.name, machine.pipeline.definition])
    return f"{machine.logical_id}StateMachineVersion{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def _leading_keys(function: Function, graph: AppGraph) -> tuple[str, ...]:
    match function.source:
        case ModelSource(model=model):
            names = [model.name]
        case IngressSource(pipelines=pipelines):
            names = [pipeline.name for pipeline in pipelines]
    ids = [f"{graph.app}.{name}" for name in names]
    return tuple(key for own in ids for key in (f"A#{own}#*", f"B#{own}"))


def _readable(function: Function, stage: str) -> tuple[str, ...]:
    match function.source:
        case ModelSource(model=model):
            objects = [f"{asset.bucket}/{asset.key}" for asset in model.remote_assets]
            paths = [*(path.removeprefix("s3://") for path in model.reads), *objects]
        case IngressSource():
            paths = []
    paths = [path.replace("{stage}", stage) for path in paths]
    filled_in = [path.replace("{account}", "${AWS::AccountId}").replace("{region}", "${AWS::Region}") for path in paths]
    return tuple(f"arn:${{AWS::Partition}}:s3:::{path}" for path in filled_in)


def _payloads(function: Function, app: str) -> str:
    match function.source:
        case ModelSource(model=model) if model.audit.capture is not Capture.HASH:
            return payload_prefix(f"{app}.{model.name}")
        case _:
            return ""


def _values(function: Function, graph: AppGraph) -> str:
    match function.source:
        case ModelSource(model=model):
            is_used = has_blobs(model) or any(_calls(machine, function.key) for machine in graph.state_machines)
        case IngressSource():
            is_used = True
    return values_prefix(graph.app) if is_used else ""


def _large_calls(function: Function, app: str) -> str:
    match function.source:
        case ModelSource(model=model):
            return calls_prefix(f"{app}.{model.name}")
        case IngressSource():
            return ""


def _calls(machine: StateMachine, model: str) -> bool:
    return f"${{{model}}}" in machine.pipeline.definition


def _description(function: Function, graph: AppGraph) -> str:
    match function.source:
        case ModelSource(model=model):
            text = model.description or f"Model {graph.app}.{model.name}"
        case IngressSource():
            text = f"Front door of the pipelines of {graph.app}"
    return " ".join(text.split())[:_MAX_DESCRIPTION]


def _state_machine_arns(machines: tuple[StateMachine, ...]) -> str:
    """Versions, not state machines: so a version of the front door always runs the definitions it was deployed with."""
    return json.dumps(
        {machine.pipeline.name: f"${{{machine_version_id(machine)}}}" for machine in machines}, sort_keys=True
    )
