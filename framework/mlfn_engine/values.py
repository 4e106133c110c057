"""The values that travel through the phases, in the order in which they appear."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlfn_engine.access import Access
    from mlfn_engine.audit_policy import AuditPolicy
    from mlfn_engine.drawings.drawing import Drawing
    from mlfn_engine.network import Vpc
    from mlfn_engine.remote_asset import RemoteAsset
    from mlfn_engine.secret_use import SecretUse

EXPRESS_LIMIT_S = 300
"""How long an Express execution may take: https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html"""


class Language(StrEnum):
    """The language a model is written in."""

    PYTHON = "python"


class Architecture(StrEnum):
    """The processor a function runs on, in Lambda's words."""

    X86_64 = "x86_64"
    ARM64 = "arm64"


class PackageType(StrEnum):
    """What a function is delivered as; Lambda lets nobody change it once the function is there."""

    IMAGE = "image"
    ZIP = "zip"


class PipelineMode(StrEnum):
    """How a pipeline is called: the caller waits, gets an execution to ask about, or has it run over a file's lines."""

    SYNC = "sync"
    ASYNC = "async"
    BATCH = "batch"


class Base(StrEnum):
    """What an image stands on: the interpreter of the machine that runs it, or Lambda's Python base image."""

    HOST = "host"
    LAMBDA = "lambda"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Location:
    """Where something is declared."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a function may use."""

    memory_mb: int = 512
    timeout_s: int = 30
    ephemeral_storage_mb: int = 512
    architecture: Architecture = Architecture.X86_64


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """Elastic by default; `reserved` caps (and keeps) concurrency, `provisioned` keeps environments warm."""

    reserved: int | None = None
    provisioned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A declared prediction function, resolved: names, schemas and resources are known and valid."""

    name: str
    handler: Callable[..., Any]
    entrypoint: str
    """`module:function`, importable from the project root."""
    load: str | None
    """`module:function` to run once per environment, or None."""
    language: Language
    requirements: tuple[str, ...]
    """Requirement lines (PEP 508), read from the declared file or given directly."""
    assets: tuple[str, ...]
    """Paths below the project root."""
    remote_assets: tuple[RemoteAsset, ...] = ()
    reads: tuple[str, ...] = ()
    """`s3://bucket/key` with wildcards and {stage}, {account}, {region}."""
    secrets: tuple[SecretUse, ...] = ()
    example: str | None = None
    """An input as JSON text."""
    package: PackageType = PackageType.IMAGE
    resources: Resources
    scaling: Scaling
    access: Access
    audit: AuditPolicy
    parameters: tuple[str, ...]
    """The handler's parameter names. One: the request body is its value. More: an object with these keys."""
    input_schema: str
    """JSON Schema 2020-12 as canonical JSON text."""
    output_schema: str
    description: str
    declared_at: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSpec:
    """One call of a model inside a pipeline."""

    name: str
    model: str
    retry: int
    """How often it is tried again at most, after any of the errors it is tried again after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Travel:
    """How a value travels: large parts of it as references to where they are kept."""

    room: int
    """Its bytes, shared by the items of the lists that it is inside of."""
    inline: Any = None
    """What the state machine looks into, as `mlfn.runtime.spilling` has it; empty: nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineSpec:
    """A declared pipeline, compiled."""

    name: str
    handler: Callable[..., Any]
    steps: tuple[StepSpec, ...]
    mode: PipelineMode
    timeout_s: int
    definition: str
    """Amazon States Language as canonical JSON text; `${model}` stands for the ARN of that model's `sfn` alias."""
    access: Access
    audit_shards: int = 1
    """As in a model's `AuditPolicy`."""
    approvers: tuple[str, ...] = ()
    """Principals that it may ask for an approval."""
    parameters: tuple[str, ...]
    drawing: Drawing
    taken: Travel
    """How its input travels."""
    input_schema: str
    output_schema: str
    description: str
    declared_at: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedApp:
    """Everything an app declares, checked: the input of every later phase."""

    name: str
    root: Path
    """The project root: imports, requirements and assets are relative to it."""
    models: tuple[ModelSpec, ...]
    pipelines: tuple[PipelineSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSource:
    """A function that runs a model."""

    model: ModelSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressSource:
    """The function in front of an app's pipelines."""

    pipelines: tuple[PipelineSpec, ...]


Source = ModelSource | IngressSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A Lambda function to be."""

    name: str
    """Its name in AWS: `<app>-<stage>-<model>`, or `<app>-<stage>-mlfn-ingress`."""
    key: str
    """Its name inside the app: the model's, or `mlfn-ingress`."""
    logical_id: str
    source: Source
    resources: Resources
    scaling: Scaling
    only_archives: bool = False
    """Where it goes, no function starts from an image."""

    @property
    def package(self) -> PackageType:
        """What it is delivered as."""
        if self.only_archives:
            return PackageType.ZIP
        return self.source.model.package if isinstance(self.source, ModelSource) else PackageType.IMAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMachine:
    """A Step Functions state machine to be."""

    name: str
    """`<app>-<stage>-<pipeline>`"""
    logical_id: str
    """Holds the mode, since a state machine's type can only be set at creation."""
    pipeline: PipelineSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class AppGraph:
    """An app in AWS's words, for one stage."""

    app: str
    stage: str
    root: Path
    functions: tuple[Function, ...]
    state_machines: tuple[StateMachine, ...]
    audit_table: str
    digest: str
    """SHA-256 (hex) of what is declared; not of the code, which the image plans add."""
    log_retention_days: int = 365
    vpc: Vpc | None = None
    questions_topic: str = ""
    """ARN of the SNS topic that is told what pipelines ask people; empty: nobody is told."""
    kms_key: str | None = None
    """ARN of the key that the stage's data are encrypted with, or `create`; None: AWS's own keys."""

    @property
    def only_archives(self) -> bool:
        """Where it goes, no function starts from an image."""
        return any(function.only_archives for function in self.functions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Infrastructure code, rendered."""

    format: str
    name: str
    """The stack's name."""
    body: str
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where we deploy."""

    name: str
    deployer: str
    """A key of `mlfn_deployers.DEPLOYERS`."""
    region: str
    account_id: str | None
    profile: str | None
    endpoint_url: str | None
    access_key: str | None = None
    secret_key: str | None = None
    session_token: str | None = None
    role: str | None = None
    """ARN of the role that is taken on for everything there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What is deployed, as the stack itself tells it."""

    app: str
    stage: str
    target: str
    outputs: tuple[tuple[str, str], ...]
    images: tuple[tuple[str, str], ...]
    """Function key -> image version."""
    published: tuple[tuple[str, str], ...]
    """Function key -> number of the newest Lambda version that the stack published."""
    traffic: tuple[tuple[str, str], ...]
    """Function key -> number of the Lambda version that the three aliases point to."""
    held: tuple[tuple[str, str], ...]
    """Function key -> number of the newest version, where a rollback keeps the aliases below it."""
    fast: tuple[tuple[str, str], ...] = ()
    """Function key -> image version, where what answers was deployed past the stack and is newer than it."""
    release: str
    """Digest of the template and the image versions: equal means nothing to do."""
    updated_at: str
