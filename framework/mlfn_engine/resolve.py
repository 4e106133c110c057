"""From what is declared to what is known: specs, schemas, compiled pipelines; all mistakes in one error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn.errors import DeclarationError, PipelineError
from mlfn_engine.declarations.app_graph import resolve_graph
from mlfn_engine.declarations.problems import Problem, report
from mlfn_engine.declarations.specs import (
    Contract,
    Declaration,
    PipelineFacts,
    contract_of,
    declaration,
    model_spec,
    pipeline_facts,
)
from mlfn_engine.pipelines import Callee, Compiled, compile_pipeline
from mlfn_engine.pipelines.states.batching import batch_machine
from mlfn_engine.values import ModelSpec, PipelineMode, PipelineSpec, ResolvedApp, Resources

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mlfn.app import App

__all__ = ["resolve_app", "resolve_graph"]


def resolve_app(app: App) -> ResolvedApp:
    """Everything an app declares, checked; the app takes no more declarations from here on.

    Raises:
        DeclarationError: with every mistake, each with its place and what to write instead.
        PipelineError: the same, if only the bodies of pipelines are wrong.
    """
    app.freeze()
    root = _root(app)
    models = [_model(declaration("Model", each, root)) for each in app.models]
    pipelines = [_pipeline(declaration("Pipeline", each, root)) for each in app.pipelines]
    declared = [*(each.declaration for each in models), *(each.declaration for each in pipelines)]
    problems = [*_duplicates(declared), *(each for one in declared for each in one.notebook.problems)]
    callees = (*map(_callee, models), *map(_inner_callee, pipelines))
    compiled = [_compile(each, callees) for each in pipelines]
    _raise(problems, [each for one in compiled if one for each in one.problems])
    return ResolvedApp(
        name=app.name,
        root=root,
        models=tuple(sorted((each.spec for each in models if each.spec), key=lambda spec: spec.name)),
        pipelines=tuple(
            sorted(
                (_spec(each, one) for each, one in zip(pipelines, compiled, strict=True) if one),
                key=lambda spec: spec.name,
            )
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    declaration: Declaration
    contract: Contract | None
    spec: ModelSpec | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pipeline:
    declaration: Declaration
    contract: Contract | None
    facts: PipelineFacts


def _root(app: App) -> Path:
    if app.root is None:
        raise DeclarationError(
            f"App {app.name!r} does not know its project.", hint="Discover it, or give App(…, root=…) the directory."
        )
    return app.root


def _model(declared: Declaration) -> _Model:
    contract = contract_of(declared)
    return _Model(declaration=declared, contract=contract, spec=model_spec(declared, contract))


def _pipeline(declared: Declaration) -> _Pipeline:
    return _Pipeline(declaration=declared, contract=contract_of(declared), facts=pipeline_facts(declared))


def _callee(model: _Model) -> Callee:
    return Callee(
        name=model.declaration.name,
        handler=model.declaration.handler,
        signature=model.contract.signature if model.contract else None,
        timeout_s=model.spec.resources.timeout_s if model.spec else Resources().timeout_s,
        has_own_timeout="timeout_s" in model.declaration.options.given,
    )


def _inner_callee(pipeline: _Pipeline) -> Callee:
    return Callee(
        name=pipeline.declaration.name,
        handler=pipeline.declaration.handler,
        signature=pipeline.contract.signature if pipeline.contract else None,
        timeout_s=pipeline.facts.timeout_s,
        has_own_timeout="timeout_s" in pipeline.declaration.options.given,
        is_pipeline=True,
    )


def _compile(pipeline: _Pipeline, callees: tuple[Callee, ...]) -> Compiled | None:
    if pipeline.contract is None:
        return None
    declared = pipeline.declaration
    return compile_pipeline(declared.handler, pipeline.contract.signature, callees, declared.root, pipeline.facts)


def _spec(pipeline: _Pipeline, compiled: Compiled) -> PipelineSpec:
    assert pipeline.contract is not None  # noqa: S101 - compiled only with a contract
    declared, facts = pipeline.declaration, pipeline.facts
    is_batch = facts.mode is PipelineMode.BATCH
    return PipelineSpec(
        name=declared.name,
        handler=declared.handler,
        steps=compiled.steps,
        mode=facts.mode,
        timeout_s=facts.timeout_s,
        definition=batch_machine(compiled.definition, facts.timeout_s) if is_batch else compiled.definition,
        drawing=compiled.drawing,
        taken=compiled.taken,
        access=facts.access,
        audit_shards=facts.audit_shards,
        approvers=compiled.approvers,
        parameters=tuple(each.name for each in pipeline.contract.signature.parameters),
        input_schema=pipeline.contract.input_schema,
        output_schema=pipeline.contract.output_schema,
        description=facts.description,
        declared_at=declared.notebook.location,
    )


def _duplicates(declared: list[Declaration]) -> Iterable[Problem]:
    first: dict[str, Declaration] = {}
    for each in declared:
        other = first.setdefault(each.name, each)
        if other is not each:
            yield Problem(
                location=each.notebook.location,
                sentence=f"{each.options.subject} has the name of a {other.kind.lower()} at {other.notebook.location}.",
                next_step="Models and pipelines share their names: rename one, or give it name=.",
            )


def _raise(declared: list[Problem], compiled: list[Problem]) -> None:
    count = len(set(declared)) + len(set(compiled))
    hint = "Mend them all, then run again." if count > 1 else "Mend it, then run again."
    if declared:
        raise DeclarationError(report([*declared, *compiled]), hint=hint)
    if compiled:
        raise PipelineError(report(compiled), hint=hint)
