"""`mlfn invoke`: call a model or pipeline and print its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlfn.errors import MlfnError, UsageError
from mlfn.runtime.answers import RECORD_HEADER
from mlfn_cli.callee import callee_of, machine_of
from mlfn_cli.calling import Answer, problem_text
from mlfn_cli.output import console, json_option, messages
from mlfn_cli.payload import read_payload
from mlfn_cli.session import Session, command_options
from mlfn_engine.values import PipelineMode

if TYPE_CHECKING:
    from mlfn_engine.values import StateMachine


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
    from mlfn_deployers.aws.clients import Clients
    from mlfn_deployers.aws.errors import translated

    graph = graph_of(session)
    machine = machine_of(graph, name)
    if execution and (machine is None or machine.pipeline.mode is not PipelineMode.ASYNC):
        raise UsageError(f"{name} is no asynchronous pipeline.", hint='Only mode="async" has runs to ask about.')
    body = None if execution else read_payload(payload)
    target = session.target()
    callee = callee_of(graph, name, machine, target)
    with translated(target):
        clients = Clients(target)
        run = execution.rsplit(":", 1)[-1] if execution else None
        answer = callee.directly(clients, body, run) if direct else callee.through_api(clients, target, body, run)
    if not answer.ok:
        raise MlfnError(f"{name} answered {problem_text(answer)}", hint=_next_step(name, answer, machine))
    show(answer, as_json)


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
