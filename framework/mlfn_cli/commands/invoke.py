"""`mlfn invoke`: call a model or pipeline and print its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from mlfn.errors import MlfnError, TargetError, UsageError
from mlfn.runtime.answers import RECORD_HEADER
from mlfn_cli.calling import Answer, call_api, problem_text
from mlfn_cli.output import console, json_option, messages
from mlfn_cli.payload import read_payload
from mlfn_cli.session import Session, command_options
from mlfn_engine.values import PipelineMode

if TYPE_CHECKING:
    from mlfn_deployers.aws.clients import Clients
    from mlfn_engine.values import AppGraph, Deployment, StateMachine, Target


@click.command()
@click.argument("name")
@click.argument("payload", default="-")
@click.option("--direct", is_flag=True, help="Through Lambda's Invoke or Step Functions, not through the API.")
@click.option("--execution", default=None, help="Call nothing: ask how this run of an asynchronous pipeline is.")
@json_option
@command_options
def invoke(session: Session, name: str, payload: str, direct: bool, execution: str | None, as_json: bool) -> None:
    """Call model or pipeline NAME with PAYLOAD: JSON text, @file or - for standard input."""
    from mlfn_cli.compose import graph_of
    from mlfn_deployers import deployer_for
    from mlfn_deployers.aws.clients import Clients
    from mlfn_deployers.aws.errors import translated

    graph = graph_of(session)
    machine = _machine(graph, name)
    if execution and (machine is None or machine.pipeline.mode is not PipelineMode.ASYNC):
        raise UsageError(f"{name} is no asynchronous pipeline.", hint='Only mode="async" has runs to ask about.')
    body = None if execution else read_payload(payload)
    target = session.target()
    deployment = deployer_for(target).describe(graph.app, session.stage)
    if deployment is None:
        raise TargetError(f"{graph.app} is not deployed (stage {session.stage}).", hint="Deploy it with: mlfn deploy")
    callee = Callee(name=name, function=f"{graph.app}-{graph.stage}-{name}", machine=machine, deployment=deployment)
    with translated(target):
        clients = Clients(target)
        run = execution.rsplit(":", 1)[-1] if execution else None
        answer = callee.directly(clients, body, run) if direct else callee.through_api(clients, target, body, run)
    if not answer.ok:
        raise MlfnError(f"{name} answered {problem_text(answer)}", hint=_next_step(name, answer, machine))
    show(answer, as_json)


@dataclass(frozen=True, slots=True, kw_only=True)
class Callee:
    """A deployed model or pipeline; called with a payload, or asked about a run."""

    name: str
    function: str
    machine: StateMachine | None
    deployment: Deployment

    def through_api(self, clients: Clients, target: Target, payload: bytes | None, run: str | None) -> Answer:
        """What its API answers."""
        url = f"{self._outputs['ApiUrl']}/{'pipelines' if self.machine else 'models'}/{self.name}"
        return call_api(f"{url}/{run}" if run else url, payload, target, clients.session)

    def directly(self, clients: Clients, payload: bytes | None, run: str | None) -> Answer:
        """What Lambda or Step Functions answer."""
        from mlfn_cli.direct import ask_machine, call_model, start_machine

        if self.machine is None:
            return call_model(clients, self.function, payload or b"")
        arn = self._outputs[f"{self.machine.logical_id}StateMachine"]
        return ask_machine(clients, arn, run) if run else start_machine(clients, self.machine, arn, payload or b"")

    @property
    def _outputs(self) -> dict[str, str]:
        return dict(self.deployment.outputs)


def _machine(graph: AppGraph, name: str) -> StateMachine | None:
    """The state machine of a pipeline, None for a model.

    Raises:
        UsageError: the app has neither.
    """
    machines = {machine.pipeline.name: machine for machine in graph.state_machines}
    models = {function.key for function in graph.functions} - {"mlfn-ingress"}
    if name in machines:
        return machines[name]
    if name not in models:
        raise UsageError(
            f"{graph.app} has no model or pipeline {name!r}.",
            hint=f"It has: {', '.join(sorted(models | machines.keys()))}.",
        )
    return None


def _next_step(name: str, answer: Answer, machine: StateMachine | None) -> str:
    """Where to look: callers' mistakes are in the contract, others in the log or in the run's records."""
    if answer.status in (400, 415):
        return "See what it takes: mlfn openapi"
    return f"See its runs' steps: mlfn audit {name}" if machine else f"See its log: mlfn logs {name}"


def show(answer: Answer, as_json: bool) -> None:
    """Print an answer: as it came for pipes, laid out for people, with the id of its audit record beside it."""
    out = console()
    if as_json or not out.is_terminal:
        click.echo(answer.body.decode())
        return
    out.print_json(answer.body.decode())
    if record := answer.header(RECORD_HEADER):
        messages().print(f"[dim]record {record}[/]")
