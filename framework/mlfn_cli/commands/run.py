"""`mlfn run`: call a pipeline and watch it."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from mlfn.errors import MlfnError, UsageError
from mlfn.runtime.answers import EXECUTION_HEADER
from mlfn_cli.calling.callee import Callee, callee_of, machine_of, takes_blobs
from mlfn_cli.calling.calls import Answer, problem_text
from mlfn_cli.calling.numeric_payload import PayloadCommand
from mlfn_cli.calling.payload import read_payload
from mlfn_cli.output import console, json_option, messages, print_json
from mlfn_cli.session import Session, command_options
from mlfn_engine.values import PipelineMode

if TYPE_CHECKING:
    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_engine.pipelines.history import Stay
    from mlfn_engine.values import StateMachine, Target

PATIENCE_S = {"local": 10.0}
"""How long a log may take until it is there; CloudWatch promises nothing."""
PATIENCE_ELSEWHERE_S = 60.0


@click.command(cls=PayloadCommand)
@click.argument("pipeline")
@click.argument("payload", default="-")
@json_option
@command_options
def run(session: Session, pipeline: str, payload: str, as_json: bool) -> None:
    """Call PIPELINE with PAYLOAD (JSON text, @file or - for standard input) and show its run, state by state.

    An asynchronous run is shown while it goes on, a synchronous one when it has ended. Where it takes a Blob,
    @page.png is one.
    """
    from mlfn_cli.deploying.compose import graph_of
    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_deployers.aws.api.errors import translated

    graph = graph_of(session)
    machine = machine_of(graph, pipeline)
    if machine is None:
        raise UsageError(f"{pipeline} is a model, which has no states.", hint=f"Call it: mlfn invoke {pipeline}")
    if machine.pipeline.mode is PipelineMode.BATCH:
        hint = f"Run it: mlfn batch {pipeline} in.jsonl --output out.jsonl"
        raise UsageError(f"{pipeline} is a batch pipeline.", hint=hint)
    body, target = read_payload(payload, takes_blobs=takes_blobs(graph, pipeline)), session.target()
    callee = callee_of(graph, pipeline, machine, target)
    with translated(target):
        watching = Watching(clients=Clients(target), target=target, callee=callee, machine=machine)
        answer = callee.through_api(watching.clients, target, body, None)
        name = _execution(machine, answer)
        if name is None:
            raise MlfnError(f"{pipeline} answered {problem_text(answer)}", hint="See what it takes: mlfn openapi")
        stays = watching.follow(name, quiet=as_json)
        answer = watching.last(answer, name)
    ending = _ended(answer, is_told=machine.pipeline.mode is PipelineMode.ASYNC)
    if as_json:
        print_json({"execution": name, "error": ending.error, "output": ending.output, "states": stays})
    elif ending.error is None:
        console().print_json(json.dumps(ending.output, ensure_ascii=False))
    if ending.error is not None:
        raise MlfnError(f"{pipeline} failed: {ending.error}", hint=f"See its runs' steps: mlfn audit {pipeline}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run ended."""

    output: Any
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """A pipeline whose runs are watched."""

    clients: Clients
    target: Target
    callee: Callee
    machine: StateMachine

    def follow(self, name: str, *, quiet: bool) -> tuple[Stay, ...]:
        """What a run did, once it has ended; shown as it grows, unless quiet."""
        from mlfn_cli.calling.run_events import growing
        from mlfn_cli.views.run import shown
        from mlfn_engine.pipelines.history import stays

        patience_s = PATIENCE_S.get(self.target.name, PATIENCE_ELSEWHERE_S)
        histories = growing(self.clients, self.machine, self.callee.machine_arn, name, patience_s)
        found = map(stays, histories)
        title = f"[bold]{self.callee.name}[/]  [dim]{name}[/]"
        return deque(found, maxlen=1)[0] if quiet else shown(messages(), title, found)

    def last(self, answer: Answer, name: str) -> Answer:
        """How the run ended: the answer itself, or for an asynchronous run what is said when asked."""
        if self.machine.pipeline.mode is PipelineMode.SYNC:
            return answer
        return self.callee.through_api(self.clients, self.target, None, name)


def _execution(machine: StateMachine, answer: Answer) -> str | None:
    """The name of the run that an answer is about; None if none was started."""
    if machine.pipeline.mode is PipelineMode.SYNC:
        return answer.header(EXECUTION_HEADER)
    return str(json.loads(answer.body)["execution"]) if answer.ok else None


def _ended(answer: Answer, *, is_told: bool) -> Ending:
    """A run's end: its answer, or what is told of an asynchronous one."""
    if not answer.ok:
        return Ending(output=None, error=problem_text(answer))
    body = json.loads(answer.body)
    if not is_told:
        return Ending(output=body, error=None)
    error = f"{body['error']}: {body.get('detail', '')}" if "error" in body else None
    return Ending(output=body.get("output"), error=error)
