"""Apps to render, built as values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlfn.runtime.calls import ROOM
from mlfn_engine.access import Access
from mlfn_engine.audit_policy import AuditPolicy
from mlfn_engine.drawings.drawing import Drawing
from mlfn_engine.values import (
    AppGraph,
    Function,
    IngressSource,
    Language,
    Location,
    ModelSource,
    ModelSpec,
    PipelineMode,
    PipelineSpec,
    Resources,
    Scaling,
    StateMachine,
    StepSpec,
    Template,
    Travel,
)
from mlfn_templates import render_app

HERE = Location(file="app.py", line=1)
NOBODY = Access()


def predict(value: str) -> str:
    return value


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags."""


def _intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_scalar(node)  # type: ignore[arg-type]  # mappings do not occur
    if suffix == "GetAtt":
        value = value.split(".", 1)
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


class Graphs:
    """Makes graphs and images for tests."""

    @staticmethod
    def pascal(name: str) -> str:
        return "".join(part.capitalize() for part in name.replace("-", "_").split("_"))

    def model(self, name: str = "sentiment", *, app: str = "reviews", stage: str = "dev", **changes: Any) -> Function:
        options: dict[str, Any] = {"access": Access(), "description": "", **changes}
        resources, scaling = options.pop("resources", Resources()), options.pop("scaling", Scaling())
        logical_id = options.pop("logical_id", self.pascal(name))
        spec = ModelSpec(
            name=name, handler=predict, entrypoint=f"app:{name}", load=None, language=Language.PYTHON,
            requirements=(), assets=(), resources=resources, scaling=scaling, audit=AuditPolicy(),
            parameters=("value",), input_schema="{}", output_schema="{}", declared_at=HERE, **options,
        )  # fmt: skip
        return Function(
            name=f"{app}-{stage}-{name}", key=name, logical_id=logical_id, source=ModelSource(model=spec),
            resources=resources, scaling=scaling,
        )  # fmt: skip

    def pipeline(
        self,
        name: str,
        models: list[str],
        *,
        mode: PipelineMode = PipelineMode.SYNC,
        access: Access = NOBODY,
        definition: str | None = None,
        approvers: tuple[str, ...] = (),
    ) -> PipelineSpec:
        states: dict[str, Any] = {
            model: {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {"FunctionName": f"${{{model}}}", "Payload": {"input": "{% $string($states.input) %}"}},
                **({"Next": models[index + 1]} if index + 1 < len(models) else {"End": True}),
            }
            for index, model in enumerate(models)
        }
        text = json.dumps({"QueryLanguage": "JSONata", "StartAt": models[0], "States": states}) if models else "{}"
        steps = tuple(StepSpec(name=model, model=model, retry=0) for model in models)
        return PipelineSpec(
            drawing=Drawing(shapes=(), arrows=()),
            taken=Travel(room=ROOM),
            name=name, handler=predict, steps=steps, mode=mode, timeout_s=29, definition=definition or text,
            access=access, approvers=approvers, parameters=("value",), input_schema="{}", output_schema="{}",
            description="", declared_at=HERE,
        )  # fmt: skip

    def app(self, *functions: Function, pipelines: tuple[PipelineSpec, ...] = (), app: str = "reviews",
            stage: str = "dev") -> AppGraph:  # fmt: skip
        machines = tuple(
            StateMachine(
                name=f"{app}-{stage}-{pipeline.name}",
                logical_id=f"{self.pascal(pipeline.name)}{pipeline.mode.capitalize()}",
                pipeline=pipeline,
            )
            for pipeline in pipelines
        )
        ingress = (self.ingress(pipelines, app=app, stage=stage),) if pipelines else ()
        return AppGraph(
            app=app, stage=stage, root=Path("/app"), functions=(*functions, *ingress), state_machines=machines,
            audit_table=f"mlfn-audit-{stage}", digest="0" * 64,
        )  # fmt: skip

    def ingress(self, pipelines: tuple[PipelineSpec, ...], *, app: str, stage: str) -> Function:
        return Function(
            name=f"{app}-{stage}-mlfn-ingress", key="mlfn-ingress", logical_id="MlfnIngress",
            source=IngressSource(pipelines=pipelines), resources=Resources(memory_mb=256), scaling=Scaling(),
        )  # fmt: skip

    def versions(self, graph: AppGraph, *, code: str = "a") -> dict[str, str]:
        return {function.key: code * 12 for function in graph.functions}

    def resources(self, template: Template) -> dict[str, Any]:
        """A template's resources with the short forms of intrinsic functions written out."""
        resources: dict[str, Any] = yaml.load(template.body, _Loader)["Resources"]  # noqa: S506 - a SafeLoader
        return resources

    def render(self, graph: AppGraph) -> dict[str, Any]:
        return self.resources(render_app(graph, self.versions(graph)))

    def judge(self) -> AppGraph:
        """Two models and a pipeline of each mode."""
        pipelines = (
            self.pipeline("judge", ["extract_text", "sentiment"]),
            self.pipeline("archive", ["extract_text"], mode=PipelineMode.ASYNC),
        )
        return self.app(self.model("extract_text"), self.model("sentiment"), pipelines=pipelines)


@pytest.fixture
def graphs() -> Graphs:
    return Graphs()
