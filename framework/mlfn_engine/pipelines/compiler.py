"""From a pipeline's function to its state machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from mlfn.runtime.calls import ROOM
from mlfn_engine.canonical import canonical
from mlfn_engine.declarations.problems import Problem, location_of
from mlfn_engine.drawings.drawing import Drawing
from mlfn_engine.pipelines.defaults import completed_input
from mlfn_engine.pipelines.drawing import draw
from mlfn_engine.pipelines.graph import Callee, Field, Invoke, Variable, calls_in, questions_in
from mlfn_engine.pipelines.reading.calls import default_of
from mlfn_engine.pipelines.reading.scope import Block, Context, Local, outside_of
from mlfn_engine.pipelines.reading.source import read_source
from mlfn_engine.pipelines.reading.statements import compile_body, compile_inner
from mlfn_engine.pipelines.states.errors import RETRY_ATTEMPTS
from mlfn_engine.pipelines.states.machine import state_machine
from mlfn_engine.pipelines.travelling import with_room
from mlfn_engine.pipelines.types import FieldType, Shape
from mlfn_engine.values import StepSpec, Travel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlfn_engine.declarations.signatures import Signature
    from mlfn_engine.values import PipelineMode


LARGEST_BYTES = 1_048_576
"""Of a definition: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""


class Facts(Protocol):
    """What of a pipeline's declaration its state machine depends on."""

    @property
    def mode(self) -> PipelineMode:
        """Whether its caller waits."""

    @property
    def timeout_s(self) -> int:
        """How long a run may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A pipeline's state machine, or what keeps it from having one."""

    definition: str
    """Amazon States Language as canonical JSON; `${model}` stands for a model's ARN."""
    steps: tuple[StepSpec, ...]
    approvers: tuple[str, ...] = ()
    """Whom it asks."""
    drawing: Drawing
    problems: tuple[Problem, ...]
    taken: Travel
    """How its input travels."""


def compile_pipeline(
    function: Callable[..., Any], signature: Signature, callees: tuple[Callee, ...], root: Path, facts: Facts
) -> Compiled:
    """The state machine of a pipeline that calls the given models."""
    source = read_source(function, root)
    if isinstance(source, Problem):
        return _refused((source,))
    context = Context(
        callees=callees,
        root=root,
        timeout_s=facts.timeout_s,
        mode=facts.mode,
        outside=outside_of(function),
        inside=(function,),
        compile_inner=compile_inner,
    )
    block = Block(context=context, scope=_parameters(signature))
    nodes, taken = with_room(compile_body(source, block, signature.result))
    problems = tuple(block.context.problems)
    if problems:
        return _refused(problems)
    definition = canonical(state_machine(nodes, completed_input(signature), facts.timeout_s))
    if len(definition.encode()) > LARGEST_BYTES:
        return _refused((_too_large(function, root, definition),))
    steps = tuple(_step(each) for each in calls_in(nodes))
    drawing = draw(nodes, _taken(signature), signature.result)
    approvers = tuple(dict.fromkeys(principal for each in questions_in(nodes) for principal in each.by))
    return Compiled(definition=definition, steps=steps, approvers=approvers, drawing=drawing, problems=(), taken=taken)


def _refused(problems: tuple[Problem, ...]) -> Compiled:
    return Compiled(
        definition="", steps=(), drawing=Drawing(shapes=(), arrows=()), problems=problems, taken=Travel(room=ROOM)
    )


def _too_large(function: Callable[..., Any], root: Path, definition: str) -> Problem:
    size, name = f"{len(definition.encode()):,}", function.__name__
    return Problem(
        location=location_of(function, root),
        sentence=f"The state machine of {name} has {size} bytes; Step Functions takes {LARGEST_BYTES:,}.",
        next_step="Loop over a list instead of writing steps out: what it calls is in it as often as it is called.",
    )


def _taken(signature: Signature) -> Any:
    """The type of a pipeline's input."""
    if len(signature.parameters) == 1:
        return signature.parameters[0].hint
    return Shape(fields=tuple((each.name, each.hint) for each in signature.parameters))


def _parameters(signature: Signature) -> dict[str, Local]:
    """The pipeline's parameters: one is the input itself, more are its keys."""
    first = signature.parameters[0]
    whole = Variable(name="input", type=first.hint, records=("input_record",), from_caller=True)
    if len(signature.parameters) == 1:
        return {first.name: whole}
    return {
        each.name: Field(
            of=whole,
            key=each.name,
            type=each.hint,
            default=default_of(FieldType(hint=each.hint, required=True, default=each.default)),
        )
        for each in signature.parameters
    }


def _step(call: Invoke) -> StepSpec:
    retry = RETRY_ATTEMPTS + (call.again.more if call.again else 0)
    return StepSpec(name=call.state, model=call.callee.name, retry=retry)
