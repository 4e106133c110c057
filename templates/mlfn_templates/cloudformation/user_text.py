"""User text that CloudFormation or a state machine would evaluate is refused before anything is rendered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlfn.errors import RenderError
from mlfn_engine.declarations.naming import FRONT_DOOR
from mlfn_engine.values import IngressSource, ModelSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.access import Access
    from mlfn_engine.values import AppGraph, Function, PipelineSpec, StateMachine

_EVALUATED = ("${", "{{resolve:", "{%")
_LOGICAL_ID = re.compile(r"[A-Za-z0-9]{1,200}")
_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


def check_graph(graph: AppGraph) -> None:
    """Raise one RenderError naming every text and name of a graph that must not reach a template."""
    problems = [*_texts(graph), *_logical_ids(graph), *_definitions(graph)]
    if problems:
        raise RenderError(
            f"App {graph.app!r} cannot be rendered: {'; '.join(problems)}.",
            hint="Remove '${', '{{resolve:' and '{%' from names, descriptions and principals.",
        )


def _texts(graph: AppGraph) -> Iterator[str]:
    for place, text in _user_texts(graph):
        for mark in _EVALUATED:
            if mark in text:
                yield f"{place} contains {mark!r}"
        if any("\ud800" <= character <= "\udfff" for character in text):
            yield f"{place} contains a lone surrogate"


def _user_texts(graph: AppGraph) -> Iterator[tuple[str, str]]:
    yield "the app's name", graph.app
    yield "the stage's name", graph.stage
    yield "the audit table's name", graph.audit_table
    for function in graph.functions:
        yield from _function_texts(function)
    for machine in graph.state_machines:
        yield f"the name of state machine {machine.name!r}", machine.name


def _function_texts(function: Function) -> Iterator[tuple[str, str]]:
    yield f"the name of function {function.name!r}", function.name
    yield f"the key of function {function.name!r}", function.key
    match function.source:
        case ModelSource(model=model):
            yield f"the name of model {model.name!r}", model.name
            yield f"the description of model {model.name!r}", model.description
            yield from _access_texts(f"model {model.name!r}", model.access)
            for objects in model.reads:
                yield f"reads of model {model.name!r}", objects
            for secret in model.secrets:
                yield f"a secret of model {model.name!r}", secret.id
            for asset in model.remote_assets:
                yield f"an asset of model {model.name!r}", f"{asset.bucket}/{asset.key}"
        case IngressSource(pipelines=pipelines):
            for pipeline in pipelines:
                yield from _pipeline_texts(pipeline)


def _pipeline_texts(pipeline: PipelineSpec) -> Iterator[tuple[str, str]]:
    yield f"the name of pipeline {pipeline.name!r}", pipeline.name
    yield f"the description of pipeline {pipeline.name!r}", pipeline.description
    yield from _access_texts(f"pipeline {pipeline.name!r}", pipeline.access)


def _access_texts(subject: str, access: Access) -> Iterator[tuple[str, str]]:
    for principal in access.principals:
        yield f"a principal of {subject}", principal
    if access.tokens is not None:
        for text in (access.tokens.issuer, *access.tokens.audiences, *access.tokens.scopes):
            yield f"a token of {subject}", text


def _logical_ids(graph: AppGraph) -> Iterator[str]:
    seen: set[str] = set()
    named: list[Function | StateMachine] = [*graph.functions, *graph.state_machines]
    for item in named:
        if not _LOGICAL_ID.fullmatch(item.logical_id):
            yield f"the logical id {item.logical_id!r} of {item.name!r} is not alphanumeric"
        if item.logical_id in seen:
            yield f"the logical id {item.logical_id!r} is used twice"
        seen.add(item.logical_id)


def _definitions(graph: AppGraph) -> Iterator[str]:
    models = {function.key for function in graph.functions if isinstance(function.source, ModelSource)}
    for machine in graph.state_machines:
        definition, name = machine.pipeline.definition, machine.pipeline.name
        known = {*models, FRONT_DOOR} if machine.pipeline.approvers else models
        if "{{resolve:" in definition:
            yield f"the definition of pipeline {name!r} contains '{{{{resolve:'"
        for unknown in sorted(set(_PLACEHOLDER.findall(definition)) - known):
            yield f"the definition of pipeline {name!r} contains '${{{unknown}}}', which is no model of the app"
