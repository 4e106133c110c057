"""Which models of an app can be containers, and what each needs there."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from mlfn.errors import RenderError
from mlfn.runtime.data_key import data_key_name
from mlfn_engine.audit_policy import AuditMode, Capture
from mlfn_engine.containers.settings import SECTION, RecordsIn
from mlfn_engine.declarations.schemas import has_blob_routes
from mlfn_engine.values import ModelSource, PackageType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.containers.settings import KnativeSettings
    from mlfn_engine.projects.stages import StageSettings
    from mlfn_engine.values import AppGraph, Function, ModelSpec

LONGEST_NAME = 50
"""A revision's name is the service's, `-` and twelve digits, and a label of 63."""
CREDENTIALS = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"})
MEMORY_OF_A_CPU_MB = 1_769
"""Lambda gives one processor with so much; a container gets the same share."""
CPUS = (1, 2, 4, 6, 8)
"""What Cloud Run takes as a limit; Knative takes any."""
GRACE_S = 10
"""The platform waits so much longer than the model may take, so that the model's own answer is the one that arrives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A model with what its container is given."""

    name: str
    """The service's."""
    function: Function
    model: ModelSpec
    environment: tuple[tuple[str, str], ...]
    min_scale: int
    max_scale: int | None
    memory_mb: int
    cpu_millis: int
    cpu_limit: int
    timeout_s: int


def place(graph: AppGraph, settings: KnativeSettings, stage: StageSettings) -> tuple[Placed, ...]:
    """Every model of an app as a container.

    Raises:
        RenderError: something of the app cannot run so, or its calls would not be recorded as declared.
    """
    models = [(each, each.source.model) for each in graph.functions if isinstance(each.source, ModelSource)]
    problems = [*_pipelines(graph), *_credentials(settings, stage, graph)]
    problems += [problem for _, model in models for problem in _model_problems(model, settings)]
    if not models:
        problems.append(f"{graph.app} declares no model")
    if problems:
        raise RenderError(
            f"{graph.app} cannot run on Knative as it is: {'; '.join(problems)}.",
            hint="docs/targets.md says what a container function needs; --target aws and local run everything.",
        )
    return tuple(_placed(graph, function, model, settings, stage) for function, model in models)


def _pipelines(graph: AppGraph) -> Iterator[str]:
    if names := ", ".join(machine.pipeline.name for machine in graph.state_machines):
        yield f"pipelines ({names}) run in AWS Step Functions, which Knative has not: keep them in an app of their own"


def _credentials(settings: KnativeSettings, stage: StageSettings, graph: AppGraph) -> Iterator[str]:
    if settings.audit is RecordsIn.LOG:
        return
    if stage.region is None or stage.account is None:
        yield (
            f"the audit table is in AWS, and [tool.mlfn.stages.{graph.stage}] does not name its region and account "
            f'(or say audit = "log" in [{SECTION}]: then the records are in the log alone)'
        )
    if missing := sorted(CREDENTIALS - {each.variable for each in settings.secrets}):
        yield f"records are put into the audit table with credentials, and secrets in [{SECTION}] lack {missing[0]}"


def _has_credentials(settings: KnativeSettings) -> bool:
    return {each.variable for each in settings.secrets} >= CREDENTIALS


def _model_problems(model: ModelSpec, settings: KnativeSettings) -> Iterator[str]:
    if model.package is PackageType.ZIP:
        yield f'{model.name} is package="zip", which is no container image'
    if model.access.principals or model.access.tokens:
        yield f"{model.name} has access=, and nobody vouches for a container's callers: it would turn everybody away"
    if has_blob_routes(model):
        yield f"{model.name} takes or gives blobs, whose routes are API Gateway's"
    if settings.audit is RecordsIn.TABLE:
        return
    if (model.secrets or model.reads or model.remote_assets) and not _has_credentials(settings):
        yield f"{model.name} reads from AWS (secrets, data or assets), and secrets in [{SECTION}] hold no credentials"
    if model.audit.mode is AuditMode.STRICT or model.audit.capture is not Capture.HASH:
        yield f'{model.name} wants strict records or payloads kept, which audit = "log" cannot do'


def _placed(
    graph: AppGraph, function: Function, model: ModelSpec, settings: KnativeSettings, stage: StageSettings
) -> Placed:
    at_once, resources = settings.concurrency, function.resources
    share = resources.memory_mb * at_once / MEMORY_OF_A_CPU_MB
    reserved = function.scaling.reserved
    return Placed(
        name=service_name(graph.app, graph.stage, model.name),
        function=function,
        model=model,
        environment=tuple(sorted(_environment(graph, settings, stage).items())),
        min_scale=math.ceil(function.scaling.provisioned / at_once),
        max_scale=max(1, reserved // at_once) if reserved is not None else settings.max_scale,
        memory_mb=resources.memory_mb * at_once,
        cpu_millis=max(100, math.ceil(share * 1000)),
        cpu_limit=next((each for each in CPUS if each >= share), math.ceil(share)),
        timeout_s=resources.timeout_s + GRACE_S,
    )


def _environment(graph: AppGraph, settings: KnativeSettings, stage: StageSettings) -> dict[str, str]:
    ours = {"MLFN_CONCURRENCY": str(settings.concurrency), "MLFN_STAGE": graph.stage}
    if settings.audit is RecordsIn.TABLE:
        ours |= {
            "AWS_REGION": stage.region or "",
            "MLFN_AUDIT_TABLE": graph.audit_table,
            "MLFN_DATA_BUCKET": f"mlfn-data-{graph.stage}-{stage.account}-{stage.region}",
            "MLFN_DATA_KEY": data_key_name(graph.app),
        }
    return ours | dict(settings.env)


def service_name(app: str, stage: str, model: str) -> str:
    """The name of a service: a DNS label; what had to be changed or cut ends in a digest, so as to be its own."""
    plain = f"{app}-{stage}-{model}"
    name = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    if name == plain.replace("_", "-") and len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 9].rstrip('-')}-{sha256(plain.encode()).hexdigest()[:8]}"
