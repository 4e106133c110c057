"""An app in AWS's words, for one stage."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlfn.errors import DeclarationError, UsageError
from mlfn_engine.canonical import digest
from mlfn_engine.declarations.naming import (
    FUNCTION_NAME_LIMIT,
    INGRESS_KEY,
    STATE_MACHINE_NAME_LIMIT,
    audit_table,
    aws_name,
    logical_ids,
)
from mlfn_engine.declarations.problems import Problem, report
from mlfn_engine.values import (
    AppGraph,
    Function,
    IngressSource,
    Location,
    ModelSource,
    ModelSpec,
    PipelineSpec,
    ResolvedApp,
    Resources,
    Scaling,
    StateMachine,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_STAGE = re.compile(r"[a-z][a-z0-9]{0,11}")
_INGRESS_RESOURCES = Resources(memory_mb=512, timeout_s=30)


def resolve_graph(app: ResolvedApp, stage: str) -> AppGraph:
    """The functions and state machines that an app is made of in one stage.

    Raises:
        UsageError: the stage has no valid name.
        DeclarationError: a name is too long for AWS.
    """
    if not _STAGE.fullmatch(stage):
        raise UsageError(
            f"A stage cannot be called {stage!r}.",
            hint="Use a lower-case letter, then lower-case letters and digits, at most 12 in all, such as dev or prod.",
        )
    _check_names(app, stage)
    return AppGraph(
        app=app.name,
        stage=stage,
        root=app.root,
        functions=_functions(app, stage),
        state_machines=_state_machines(app, stage),
        audit_table=audit_table(stage),
        digest=digest(_facts(app, stage)),
    )


def _functions(app: ResolvedApp, stage: str) -> tuple[Function, ...]:
    ids = _logical_ids(app)
    functions = [
        Function(
            name=aws_name(app.name, stage, model.name),
            key=model.name,
            logical_id=ids[model.name],
            source=ModelSource(model=model),
            resources=model.resources,
            scaling=model.scaling,
        )
        for model in app.models
    ]
    if app.pipelines:
        functions.append(
            Function(
                name=aws_name(app.name, stage, INGRESS_KEY),
                key=INGRESS_KEY,
                logical_id=ids[INGRESS_KEY],
                source=IngressSource(pipelines=app.pipelines),
                resources=_INGRESS_RESOURCES,
                scaling=Scaling(),
            )
        )
    return tuple(functions)


def _state_machines(app: ResolvedApp, stage: str) -> tuple[StateMachine, ...]:
    ids = _logical_ids(app)
    return tuple(
        StateMachine(name=aws_name(app.name, stage, each.name), logical_id=ids[each.name], pipeline=each)
        for each in app.pipelines
    )


def _logical_ids(app: ResolvedApp) -> dict[str, str]:
    models = [(each.name, each.name) for each in app.models]
    pipelines = [(each.name, f"{each.name}_{each.mode}") for each in app.pipelines]
    return logical_ids([*models, *pipelines, (INGRESS_KEY, INGRESS_KEY)])


def _check_names(app: ResolvedApp, stage: str) -> None:
    problems = [*_too_long(app, stage, app.models, FUNCTION_NAME_LIMIT)]
    problems += _too_long(app, stage, app.pipelines, STATE_MACHINE_NAME_LIMIT)
    if problems:
        raise DeclarationError(
            report(problems), hint="Names in AWS are <app>-<stage>-<name>: shorten the app's name or those above."
        )


def _too_long(
    app: ResolvedApp, stage: str, specs: tuple[ModelSpec, ...] | tuple[PipelineSpec, ...], limit: int
) -> Iterator[Problem]:
    for spec in specs:
        name = aws_name(app.name, stage, spec.name)
        if len(name) > limit:
            yield Problem(
                location=spec.declared_at,
                sentence=f"{name} has {len(name)} characters; AWS allows {limit}.",
                next_step=f'Give it a shorter one, such as name="{spec.name[: limit - len(name)]}".',
            )


def _facts(app: ResolvedApp, stage: str) -> dict[str, Any]:
    return {
        "app": app.name,
        "stage": stage,
        "models": [_plain(each) for each in app.models],
        "pipelines": [_plain(each) for each in app.pipelines],
    }


def _plain(value: Any) -> Any:
    """A spec as JSON data, without what may differ between two checkouts of the same declaration."""
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "__dataclass_fields__"):
        names = [name for name in value.__dataclass_fields__ if name not in ("handler", "declared_at", "drawing")]
        return {name: _plain(getattr(value, name)) for name in names if not isinstance(value, Location)}
    return value
